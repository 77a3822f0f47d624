/*
 * "Press any key to boot from CD or DVD": on UEFI the discs of Windows always ask that, for five seconds. At the first start of an unattended installation nobody
 * is there, so Enter is pressed until the machine reads so much that it has begun; carrel's disk is empty until then.
 */
#pragma once

#include "model/vm-private.h"

/* An empty file in the VM's folder: still to be done. */
#define VM_PRESS "press-key"

/* The guest runs. Nothing happens unless VM_PRESS is there. */
void vm_press_begin(Vm *vm);
/* Its process is gone, or the VM. */
void vm_press_end(Vm *vm);
