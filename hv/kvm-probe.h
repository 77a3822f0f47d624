/* What carrel-kvm-probe says: one line of JSON {"present":bool,"works":bool,"speed":number,"reason":string}. */
#pragma once

/* Guest loop iterations per microsecond. Hardware does one per clock cycle or so (1000 and more); a kernel that interprets each
 * instruction does 0.1 to 5. Between them nothing is known to exist. */
#define KVM_SPEED_FLOOR 30.0

/* The guest runs this long at most. */
#define KVM_RUN_MS 20
