// SPDX-License-Identifier: MIT
/* English: things and how to speak of them. */
#include <stddef.h>

#include "words.h"

#define NOUN(one, many)		{ .form = { one }, .plural = { many } }
#define NOUN2(one, many, one2, many2) \
	{ .form = { one, one2 }, .plural = { many, many2 } }
#define CONTAINER(one, many)	{ .form = { one }, .plural = { many }, .container = true }
#define CONTAINER2(one, many, one2, many2) \
	{ .form = { one, one2 }, .plural = { many, many2 }, .container = true }
#define HELD_OUT(one, many)	{ .form = { one }, .plural = { many }, .held_out = true }
#define HELD_OUT_CONTAINER(one, many) \
	{ .form = { one }, .plural = { many }, .container = true, .held_out = true }

static const struct agent_noun en_nouns[] = {
	NOUN2("block", "blocks", "cube", "cubes"),
	CONTAINER2("cup", "cups", "mug", "mugs"),
	CONTAINER2("box", "boxes", "carton", "cartons"),
	NOUN2("ball", "balls", "sphere", "spheres"),
	CONTAINER2("tray", "trays", "platter", "platters"),
	CONTAINER2("bowl", "bowls", "dish", "dishes"),
	NOUN("plate", "plates"),
	NOUN2("bottle", "bottles", "flask", "flasks"),
	NOUN2("can", "cans", "tin", "tins"),
	CONTAINER2("basket", "baskets", "hamper", "hampers"),
	NOUN("pen", "pens"),
	NOUN("pencil", "pencils"),
	NOUN("book", "books"),
	NOUN("key", "keys"),
	NOUN("coin", "coins"),
	NOUN("spoon", "spoons"),
	NOUN("fork", "forks"),
	NOUN("knife", "knives"),
	NOUN("nail", "nails"),
	NOUN("bolt", "bolts"),
	NOUN("screw", "screws"),
	NOUN2("gear", "gears", "cog", "cogs"),
	NOUN2("ring", "rings", "hoop", "hoops"),
	NOUN2("disc", "discs", "disk", "disks"),
	NOUN("cone", "cones"),
	NOUN("cylinder", "cylinders"),
	NOUN("pyramid", "pyramids"),
	NOUN("brick", "bricks"),
	NOUN2("stone", "stones", "rock", "rocks"),
	NOUN("shell", "shells"),
	NOUN("button", "buttons"),
	NOUN("battery", "batteries"),
	NOUN("phone", "phones"),
	NOUN("remote", "remotes"),
	NOUN("watch", "watches"),
	NOUN("glove", "gloves"),
	NOUN("sock", "socks"),
	NOUN2("hat", "hats", "cap", "caps"),
	NOUN2("toy car", "toy cars", "car", "cars"),
	NOUN("doll", "dolls"),
	NOUN2("duck", "ducks", "rubber duck", "rubber ducks"),
	NOUN("apple", "apples"),
	NOUN("pear", "pears"),
	NOUN("tomato", "tomatoes"),
	NOUN("potato", "potatoes"),
	NOUN("carrot", "carrots"),
	NOUN("egg", "eggs"),
	NOUN2("cookie", "cookies", "biscuit", "biscuits"),
	CONTAINER("jar", "jars"),
	CONTAINER2("pot", "pots", "cooking pot", "cooking pots"),
	CONTAINER("pan", "pans"),
	CONTAINER("drawer", "drawers"),
	CONTAINER2("bin", "bins", "trash bin", "trash bins"),
	CONTAINER("chest", "chests"),
	CONTAINER2("bag", "bags", "sack", "sacks"),
	NOUN("rope", "ropes"),
	NOUN("towel", "towels"),
	NOUN2("card", "cards", "playing card", "playing cards"),
	NOUN("domino", "dominoes"),
	NOUN("hammer", "hammers"),
	NOUN("screwdriver", "screwdrivers"),
	NOUN("ruler", "rulers"),
	NOUN("chip", "chips"),
	NOUN("bell", "bells"),
	{ .form = { NULL } }
};

static const struct agent_noun en_nouns_held_out[] = {
	HELD_OUT("stapler", "staplers"),
	HELD_OUT("wrench", "wrenches"),
	HELD_OUT("sponge", "sponges"),
	HELD_OUT("candle", "candles"),
	HELD_OUT("lemon", "lemons"),
	HELD_OUT_CONTAINER("teapot", "teapots"),
	HELD_OUT("marker", "markers"),
	HELD_OUT("brush", "brushes"),
	HELD_OUT("helmet", "helmets"),
	HELD_OUT("whistle", "whistles"),
	HELD_OUT("pillow", "pillows"),
	HELD_OUT_CONTAINER("bucket", "buckets"),
	HELD_OUT("banana", "bananas"),
	HELD_OUT("magnet", "magnets"),
	HELD_OUT("compass", "compasses"),
	HELD_OUT("puzzle", "puzzles"),
	{ .form = { NULL } }
};

const struct agent_lexicon agent_english_lexicon = {
	.noun = en_nouns,
	.noun_held_out = en_nouns_held_out,
	.colour = LIST {
		"red", "blue", "green", "yellow", "black", "white", "orange", "pink", "brown",
		"grey", "golden", NULL
	},
	.colour_held_out = LIST { "purple", "teal", "beige", "crimson", "turquoise", NULL },
	.attribute = LIST {
		"small", "big", "tiny", "wooden", "metal", "plastic", "glass", "old", "new",
		"round", "flat", "heavy", "striped", "soft", NULL
	},
	.thing = LIST { "thing", "object", "item", NULL },
	.rel[AGENT_ON] = LIST { "on", "on", "on top of", "onto", "upon", "on the top of", NULL },
	.rel[AGENT_IN] = LIST { "in", "in", "into", "inside", "inside of", NULL },
	.rel[AGENT_LEFT_OF] = LIST {
		"left of", "to the left of", "on the left of", "on the left side of",
		"to the left side of", "at the left of", NULL
	},
	.rel[AGENT_RIGHT_OF] = LIST {
		"right of", "to the right of", "on the right of", "on the right side of",
		"to the right side of", "at the right of", NULL
	},
	.rel[AGENT_IN_FRONT_OF] = LIST {
		"in front of", "in front of", "to the front of", "just in front of",
		"at the front of", NULL
	},
	.rel[AGENT_BEHIND] = LIST {
		"behind", "behind", "in back of", "just behind", "to the rear of", NULL
	},
	.mention[AGENT_BY_NAME] = LIST { "the %w", "the %w", "the %w", "the %w", "that %w", NULL },
	.mention[AGENT_BY_NOUN] = LIST { "the %w", "the %w", "the %w", "the %w", "that %w", NULL },
	.mention[AGENT_BY_COLOUR] = LIST {
		"the %c one", "the %c one", "the %c %t", "the one that is %c",
		"the %t that is %c", "the one which is %c", NULL
	},
	.mention[AGENT_BY_CLAUSE] = LIST {
		"the %n that is %c", "the %n which is %c", "the %n that's %c", NULL
	},
	.mention[AGENT_LEFTMOST] = LIST {
		"the leftmost %w", "the left-most %w", "the %w on the far left",
		"the first %w from the left", "the %w furthest to the left", NULL
	},
	.mention[AGENT_RIGHTMOST] = LIST {
		"the rightmost %w", "the right-most %w", "the %w on the far right",
		"the first %w from the right", "the %w furthest to the right", NULL
	},
	.mention[AGENT_ANY] = LIST {
		"any %w", "%i %w", "one of the %p", "any of the %p", "some %w", NULL
	},
	.mention[AGENT_LEFT_NEIGHBOUR] = LIST {
		"the %t just left of %b", "the %t directly left of %b",
		"the %t directly to the left of %b", "the one just left of %b", NULL
	},
	.mention[AGENT_RIGHT_NEIGHBOUR] = LIST {
		"the %t just right of %b", "the %t directly right of %b",
		"the %t directly to the right of %b", "the one just right of %b", NULL
	},
	.mention[AGENT_OTHER] = LIST { "the other %n", "the other one", "the remaining %n", NULL },
	.mention[AGENT_PRONOUN] = LIST { "it", "it", "it", "that", "that one", "this one", NULL },
	.mention[AGENT_IN_HAND] = LIST {
		"it", "it", "it", "what you hold", "what you are holding",
		"the %t in your hand", "the %t you are holding", "the %t in the gripper", NULL
	},
	.mention[AGENT_THING_LEFTMOST] = LIST {
		"the leftmost %t", "the %t on the far left", "the first %t from the left", NULL
	},
	.mention[AGENT_THING_RIGHTMOST] = LIST {
		"the rightmost %t", "the %t on the far right", "the first %t from the right",
		NULL
	},
	.mention[AGENT_BOTH] = LIST {
		"both %p", "both of the %p", "the two %p", "both the %p", NULL
	},
	.mention[AGENT_THREE] = LIST { "the three %p", "all three %p", "all 3 %p", NULL },
	.mention[AGENT_ALL] = LIST {
		"all %p", "all the %p", "all of the %p", "every %w", "each %w", NULL
	},
	.mention[AGENT_EVERYTHING] = LIST {
		"everything", "everything else", "all other things", "all the other objects",
		NULL
	},
	.list_join = LIST { " and ", ", ", NULL },
};
