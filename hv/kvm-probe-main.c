/*
 * carrel-kvm-probe: does KVM really run code here? Some hosts (nested, PVM) have a /dev/kvm that opens and says version 12, and then
 * interprets every instruction of a guest in real mode, so that firmware never comes up. So: run a counting loop in real mode for
 * some milliseconds and look how far it came.
 *
 * A program of its own because an ioctl of a broken KVM may hang; the caller gives up on it then.
 * Interface: Linux Documentation/virt/kvm/api.rst.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "hv/kvm-probe.h"

#define LOOPS   2000000000u
#define CODE_AT 0x1000

/* 16 bit code: mov ecx, LOOPS; again: dec ecx; jnz again; hlt */
static const uint8_t guest_code[] = {
	0x66, 0xb9, LOOPS & 0xff, LOOPS >> 8 & 0xff, LOOPS >> 16 & 0xff, LOOPS >> 24, 0x66, 0x49,
	0x75, 0xfc, 0xf4
};

typedef struct {
	int kvm, vm, vcpu;
	struct kvm_run *run;
	size_t run_size;
} Guest;

/* Only there to make KVM_RUN return. */
static void on_alarm(int number)
{
}

static int answer(int present, int works, double speed, const char *reason)
{
	printf("{\"present\":%s,\"works\":%s,\"speed\":%.3f,\"reason\":\"%s\"}\n", present ? "true" : "false",
	       works ? "true" : "false", speed, reason);
	return 0;
}

static int failed(const char *what)
{
	char reason[200];

	snprintf(reason, sizeof reason, "/dev/kvm opens, but %s fails: %s", what, strerror(errno));
	return answer(1, 0, 0, reason);
}

static const char *make_vm(Guest *guest)
{
	struct kvm_userspace_memory_region region = { .memory_size = 0x4000 };
	uint8_t *memory =
		mmap(NULL, region.memory_size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED)
		return "getting memory";
	memcpy(memory + CODE_AT, guest_code, sizeof guest_code);
	region.userspace_addr = (uintptr_t)memory;
	guest->vm = ioctl(guest->kvm, KVM_CREATE_VM, 0);
	if (guest->vm < 0)
		return "creating a VM";
	if (ioctl(guest->vm, KVM_SET_USER_MEMORY_REGION, &region) < 0)
		return "giving it memory";
	return NULL;
}

static const char *make_vcpu(Guest *guest)
{
	struct kvm_regs regs = { .rip = CODE_AT, .rflags = 2 }; /* bit 1 is always set */
	struct kvm_sregs sregs;

	guest->vcpu = ioctl(guest->vm, KVM_CREATE_VCPU, 0);
	if (guest->vcpu < 0)
		return "creating a processor";
	int size = ioctl(guest->kvm, KVM_GET_VCPU_MMAP_SIZE, 0);
	if (size <= 0)
		return "asking for the size of a processor";
	guest->run_size = (size_t)size;
	guest->run = mmap(NULL, guest->run_size, PROT_READ | PROT_WRITE, MAP_SHARED, guest->vcpu, 0);
	if (guest->run == MAP_FAILED || ioctl(guest->vcpu, KVM_GET_SREGS, &sregs) < 0)
		return "mapping a processor";
	sregs.cs.base = 0;
	sregs.cs.selector = 0;
	if (ioctl(guest->vcpu, KVM_SET_SREGS, &sregs) < 0 || ioctl(guest->vcpu, KVM_SET_REGS, &regs) < 0)
		return "setting registers";
	return NULL;
}

static double microseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

/* The timer repeats, so that a signal which arrives just before KVM_RUN does not leave us in it. */
static void set_alarm(void)
{
	struct sigaction action = { .sa_handler = on_alarm };
	struct itimerval timer = {
		.it_value = {0,  KVM_RUN_MS * 1000},
                  .it_interval = { 0, 1000             }
	};

	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &timer, NULL);
}

/* 0 and iterations per microsecond, or -1 with errno. */
static int measure(Guest *guest, double *speed)
{
	struct kvm_regs regs;

	set_alarm();
	double start = microseconds();
	int result = ioctl(guest->vcpu, KVM_RUN, 0);
	double end = microseconds();
	if (result < 0 && errno != EINTR)
		return -1;
	if (result == 0 && guest->run->exit_reason != KVM_EXIT_HLT &&
	    guest->run->exit_reason != KVM_EXIT_INTR) {
		errno = EIO;
		return -1;
	}
	if (ioctl(guest->vcpu, KVM_GET_REGS, &regs) < 0)
		return -1;
	/* Before its first instruction the counter is not set yet. */
	uint32_t left = regs.rip == CODE_AT ? LOOPS : (uint32_t)regs.rcx;
	*speed = (double)(LOOPS - left) / (end - start);
	return 0;
}

static int judge(double speed)
{
	char reason[200];

	if (speed >= KVM_SPEED_FLOOR) {
		snprintf(reason, sizeof reason, "KVM runs guest code at %.0f loops per microsecond", speed);
		return answer(1, 1, speed, reason);
	}
	snprintf(reason, sizeof reason,
		 "/dev/kvm opens but emulates every instruction (%.2f loops per microsecond, hardware does "
		 "1000)",
		 speed);
	return answer(1, 0, speed, reason);
}

static int no_device(void)
{
	char reason[200];

	if (errno == ENOENT)
		return answer(0, 0, 0,
			      "there is no /dev/kvm: virtualization is off in the firmware, or this host is "
			      "itself a VM");
	if (errno == EACCES || errno == EPERM)
		return answer(1, 0, 0, "/dev/kvm is closed to this user: join the group kvm");
	snprintf(reason, sizeof reason, "/dev/kvm does not open: %s", strerror(errno));
	return answer(1, 0, 0, reason);
}

int main(void)
{
	int kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	Guest guest = { kvm, -1, -1, NULL, 0 };
	double speed = 0;

	if (kvm < 0)
		return no_device();
	const char *wrong = ioctl(guest.kvm, KVM_GET_API_VERSION, 0) == KVM_API_VERSION
				    ? NULL
				    : "speaking API version 12";
	if (!wrong)
		wrong = make_vm(&guest);
	if (!wrong)
		wrong = make_vcpu(&guest);
	if (!wrong && measure(&guest, &speed) < 0)
		wrong = "running a guest";
	int status = wrong ? failed(wrong) : judge(speed);
	close(kvm);
	return status;
}
