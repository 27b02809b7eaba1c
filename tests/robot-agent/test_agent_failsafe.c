// SPDX-License-Identifier: MIT
/*
 * An NPU that fails in any way at any moment: while it is asked, the instruction is begun
 * anew or refused, and nothing moves; while the arm moves, the arm is stopped, stays where
 * it is, and goes on only with a new answer of an NPU that works.
 */
#include <dlfcn.h>
#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "agent_task.h"
#include "arm/server.h"
#include "faulty.h"
#include "recite.h"

#define NSEC		1000000000LL
#define SCENE		"scene: red block a (30,20); blue cup b (40,5); hand empty"

/* There and back again: three seconds in which something may happen. */
#define ANSWER \
	"[{\"do\":\"move\",\"dir\":\"left\",\"mm\":120},{\"do\":\"wait\",\"s\":1}," \
	"{\"do\":\"move\",\"dir\":\"right\",\"mm\":120}]"

/* Of a machine that has other things to do as well; less than the arm's way takes. */
#define DEADLINE_NS	NSEC
#define PATIENCE_NS	(20 * NSEC)
#define WATCHDOG_MS	4000

static struct {
	void (*set)(enum faulty_kind kind, long after);
	void (*heal)(void);
	long (*count)(void);
} fault;

static char model[64];
static struct arm_server *server;
static pthread_t serving;
static struct agent_guard guard;
static struct agent agent;
static struct agent_record record;

/*
 * Where firmware does not answer any more, the plug-in gives up what the firmware may still
 * use, and says so; the leak checker shall not.
 */
const char *__lsan_default_suppressions(void);

const char *__lsan_default_suppressions(void)
{
	return "leak:libtnpu-inproc.so\n";
}

/* ---- Set-up ---------------------------------------------------------------------- */

static int find_plugin(void)
{
	char path[4096];
	void *plugin;

	snprintf(path, sizeof(path), "%s/tests/robot-agent/faulty", getenv("TNPU_BUILD"));
	setenv("TNPU_PLUGIN_DIR", path, 1);
	setenv("TNPU_TRANSPORT", "inproc", 1);
	setenv("TNPU_INPROC_MEM", "64M", 1);
	strcat(path, "/libtnpu-inproc.so");
	plugin = dlopen(path, RTLD_NOW);
	if (!plugin) {
		print_error("%s\n", dlerror());
		return -1;
	}
	fault.set = dlsym(plugin, "faulty_set");
	fault.heal = dlsym(plugin, "faulty_heal");
	fault.count = dlsym(plugin, "faulty_count");
	return fault.set && fault.heal && fault.count ? 0 : -1;
}

static int write_model(void **state)
{
	int fd;

	snprintf(model, sizeof(model), "%s/recite-XXXXXX", P_tmpdir);
	fd = mkstemp(model);
	if (fd < 0 || find_plugin())
		return -1;
	close(fd);
	recite_write(model, ANSWER);
	return 0;
}

static int remove_model(void **state)
{
	return unlink(model);
}

static void *serve(void *arg)
{
	arm_server_run(server);
	return NULL;
}

static void start_arm(void)
{
	const struct arm_server_options options = {
		.address = "127.0.0.1:0", .watchdog_ms = WATCHDOG_MS,
	};
	char address[32], why[128];

	if (arm_server_open(&options, &server, why, sizeof(why)))
		fail_msg("%s", why);
	pthread_create(&serving, NULL, serve, NULL);
	snprintf(address, sizeof(address), "127.0.0.1:%d", arm_server_port(server));
	if (arm_link_open(address, NULL, &agent.link, why, sizeof(why)))
		fail_msg("%s", why);
}

static void start(int64_t patience_ns)
{
	char why[128];

	memset(&agent, 0, sizeof(agent));
	assert_int_equal(agent_scene_parse(SCENE, &agent.scene, why, sizeof(why)), 0);
	world_init(&agent.world, &agent.scene);
	agent_guard_init(&guard, DEADLINE_NS);
	agent.guard = &guard;
	agent.patience_ns = patience_ns;
	assert_int_equal(agent_worker_start(model, &guard, patience_ns, &agent.worker), 0);
	start_arm();
}

static void end(void)
{
	fault.heal();
	arm_link_close(agent.link);
	arm_server_stop(server);
	pthread_join(serving, NULL);
	arm_server_close(server);
	/* What still waits for the NPU gets its answer now that it is healed. */
	while (agent_worker_end(agent.worker))
		;
}

/* ---- The instruction, in a thread of its own ------------------------------------- */

static void *instruct(void *arg)
{
	agent_task_run(&agent, "wave", &record);
	return NULL;
}

static void does(enum agent_outcome outcome)
{
	instruct(NULL);
	if (record.outcome != outcome)
		fail_msg("%s (%s, NPU: %s), not %s", agent_outcome_name(record.outcome),
			 record.why, record.npu.text, agent_outcome_name(outcome));
}

static void sleep_ms(int ms)
{
	const struct timespec ts = { ms / 1000, ms % 1000 * 1000000L };

	nanosleep(&ts, NULL);
}

static void await_moving(void)
{
	struct arm_sim sim;

	do {
		sleep_ms(2);
		arm_server_sim(server, &sim);
	} while (sim.state != ARM_STATE_ACTIVE);
}

/* ---- While the NPU is asked ------------------------------------------------------ */

/* How many ioctls an instruction takes until the arm moves. */
static long ioctls_of_asking(void)
{
	struct arm_link *link;
	long count = fault.count();

	start(PATIENCE_NS);
	/* Without an arm it ends there. */
	link = agent.link;
	agent.link = NULL;
	does(AGENT_PLANNED);
	agent.link = link;
	count = fault.count() - count;
	end();
	return count;
}

static void fails_while_asked(enum faulty_kind kind, long after)
{
	struct arm_link *link;

	start(PATIENCE_NS);
	link = agent.link;
	agent.link = NULL;
	fault.set(kind, after);
	does(AGENT_PLANNED);
	assert_string_equal(record.answer.text, ANSWER);
	agent.link = link;
	end();
}

/* An error of any ioctl, one after the other: it is asked anew, and says the same. */
static void test_errors_while_asked(void **state)
{
	long count = ioctls_of_asking(), after;

	assert_in_range(count, 20, 2000);
	for (after = 0; after < count; after++)
		fails_while_asked(FAULTY_ERROR, after);
}

static void test_failures_while_asked(void **state)
{
	static const enum faulty_kind kinds[] = { FAULTY_HANG, FAULTY_CRASH, FAULTY_RESET };
	long count = ioctls_of_asking();
	size_t i;

	srand48(11);
	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		fails_while_asked(kinds[i], count / 2 + drand48() * count / 2);
}

/* A device that stays away: the instruction is refused, and nothing has moved. */
static void stays_away(enum faulty_kind kind)
{
	struct arm_sim sim;

	start(NSEC);
	fault.set(kind, 0);
	does(AGENT_FAILED);
	assert_true(record.npu.text[0]);
	assert_int_equal(record.plan.count, 0);
	arm_server_sim(server, &sim);
	assert_int_equal(sim.state, ARM_STATE_IDLE);
	assert_int_equal(sim.seq, 0);
	/* And when it is back, it is asked again. */
	fault.heal();
	agent.patience_ns = PATIENCE_NS;
	does(AGENT_DONE);
	end();
}

static void test_gone_while_asked(void **state)
{
	stays_away(FAULTY_GONE);
}

static void test_blocked_while_asked(void **state)
{
	stays_away(FAULTY_BLOCK);
}

/* An answer that was right, from an NPU that then is gone: it is not acted on. */
static void test_gone_before_moving(void **state)
{
	struct arm_sim sim;
	long asking = ioctls_of_asking();

	start(NSEC);
	fault.set(FAULTY_GONE, asking - 2);
	does(AGENT_FAILED);
	arm_server_sim(server, &sim);
	assert_int_equal(sim.state, ARM_STATE_IDLE);
	end();
}

/* ---- While the arm moves --------------------------------------------------------- */

static bool same_place(const struct arm_sim *a, const struct arm_sim *b)
{
	return !memcmp(&a->at.joints, &b->at.joints, sizeof(a->at.joints));
}

/* After the stop nothing moves, whatever the NPU still says. */
static void stays_where_it_is(void)
{
	struct arm_sim then, now;
	int i;

	do {
		sleep_ms(2);
		arm_server_sim(server, &then);
		if (then.state == ARM_STATE_IDLE)
			fail_msg("the arm went on to the end of its way");
	} while (then.state != ARM_STATE_STOPPED);
	fault.heal();
	for (i = 0; i < 20; i++) {
		sleep_ms(10);
		arm_server_sim(server, &now);
		assert_true(same_place(&then, &now));
		assert_int_equal(now.seq, then.seq);
	}
}

/* What the world is now: the arm where it stopped, on its way to the left or back. */
static void check_world(void)
{
	double tip[3];

	cell_tip(&agent.world.at.joints, tip);
	assert_true(fabs(tip[0] - cell_home[0]) < 2e-3);
	assert_true(tip[1] > -2e-3 && tip[1] < 0.122);
	assert_true(fabs(tip[2] - cell_home[2]) < 2e-3);
	assert_int_equal(agent.world.held, -1);
}

static void fails_while_moving(enum faulty_kind kind, int ms)
{
	pthread_t thread;

	start(PATIENCE_NS);
	pthread_create(&thread, NULL, instruct, NULL);
	await_moving();
	sleep_ms(ms);
	fault.set(kind, 0);
	stays_where_it_is();
	pthread_join(thread, NULL);
	assert_int_equal(record.outcome, AGENT_STOPPED);
	assert_true(record.why[0]);
	check_world();
	/* Back to work, from where it stands, by a new answer. */
	does(AGENT_DONE);
	assert_int_equal(record.tries, 1);
	end();
}

static void test_failures_while_moving(void **state)
{
	enum faulty_kind kind;

	srand48(12);
	for (kind = FAULTY_ERROR; kind < FAULTY_KINDS; kind++)
		fails_while_moving(kind, drand48() * 1200);
}

/* The agent itself dies: the line breaks, and the arm stops. */
static void test_agent_dies(void **state)
{
	struct arm_status status;
	struct arm_setpoint at;
	struct arm_sim sim;
	int i;

	start(PATIENCE_NS);
	assert_int_equal(arm_link_start(agent.link, &status), 0);
	at = status.at;
	for (i = 0; i < 20; i++) {
		at.joints.q[0] += 0.01;
		assert_int_equal(arm_link_send(agent.link, &at, &status), 0);
	}
	arm_link_close(agent.link);
	agent.link = NULL;
	do {
		sleep_ms(2);
		arm_server_sim(server, &sim);
	} while (sim.state != ARM_STATE_STOPPED);
	assert_int_equal(sim.reason, ARM_REASON_LOST);
	assert_true(sim.at.joints.q[0] <= at.joints.q[0] + 1e-6);
	end();
}

/* The arm itself dies: that is told, and no success. */
static void *kill_arm(void *arg)
{
	await_moving();
	sleep_ms(300);
	arm_server_stop(server);
	pthread_join(serving, NULL);
	arm_server_close(server);
	return NULL;
}

static void test_arm_dies(void **state)
{
	pthread_t killer;

	start(PATIENCE_NS);
	pthread_create(&killer, NULL, kill_arm, NULL);
	does(AGENT_STOPPED);
	pthread_join(killer, NULL);
	does(AGENT_STOPPED);
	arm_link_close(agent.link);
	start_arm();
	end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_errors_while_asked),
		cmocka_unit_test(test_failures_while_asked),
		cmocka_unit_test(test_gone_while_asked),
		cmocka_unit_test(test_blocked_while_asked),
		cmocka_unit_test(test_gone_before_moving),
		cmocka_unit_test(test_failures_while_moving),
		cmocka_unit_test(test_agent_dies),
		cmocka_unit_test(test_arm_dies),
	};

	return cmocka_run_group_tests_name("failsafe", tests, write_model, remove_model);
}
