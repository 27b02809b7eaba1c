/* SPDX-License-Identifier: MIT */
#ifndef ARM_ADDRESS_H
#define ARM_ADDRESS_H

/** ARM_HOST - bytes of a host's address, with the closing NUL */
#define ARM_HOST 64

/**
 * arm_address_parse() - read "127.0.0.1:1502"
 * @text: an IPv4 address, a colon and a port
 * @host: receives the address
 * @port: receives the port, 0 to 65535
 *
 * Return: 0, or -1 when @text is none.
 */
int arm_address_parse(const char *text, char host[ARM_HOST], int *port);

#endif
