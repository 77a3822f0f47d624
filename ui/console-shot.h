/* The guest's screen as a PNG file. */
#pragma once

#include "ui/app.h"

/* Saves it in the person's folder for pictures, else at home, named after the VM and the time; a message says where. */
void console_shot(App *app, const char *vm_name, Surface *surface);
