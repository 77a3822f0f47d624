/*
 * "Press any key to boot from CD or DVD": on UEFI the discs of Windows always ask that, for five seconds. Whoever has just made a VM to install it is seldom
 * so fast, and at an unattended installation nobody is there. So Enter is pressed at the first start until the machine reads so much that it has begun.
 */
#pragma once

#include "model/vm-private.h"

/* An empty file in the VM's folder: still to be done. */
#define VM_PRESS "press-key"

/* The guest runs. Nothing happens unless VM_PRESS is there. */
void vm_press_begin(Vm *vm);
/* Its process is gone, or the VM. */
void vm_press_end(Vm *vm);
