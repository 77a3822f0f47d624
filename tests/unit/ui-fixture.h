/* The TUI without a terminal and without a daemon: an app over a fake client with made-up VMs, keys pressed, screens as text. */
#pragma once

#include "fake-client.h"
#include "ui/app.h"

typedef struct {
	Client *client;
	App *app;
	int quits, redraws;
} UiFixture;

/* For g_test_add(). */
void ui_set_up(UiFixture *f, gconstpointer data);
void ui_tear_down(UiFixture *f, gconstpointer data);

/* The screen as text. Caller frees. */
char *ui_draw(UiFixture *f, int columns, int rows);
void ui_press(UiFixture *f, guint code, guint mods);
void ui_type(UiFixture *f, const char *text);
void ui_click(UiFixture *f, int x, int y);

/* On a screen of 80x24. */
void ui_assert_shows(UiFixture *f, const char *text);
void ui_assert_hides(UiFixture *f, const char *text);
/* The oldest call that waits for its answer, as fake_next_call() tells it. */
void ui_assert_call(UiFixture *f, const char *expected);

/* Seven VMs in all kinds of states, one of them being started; the cursor is on `web', which runs. */
void ui_show_vms(UiFixture *f);
/* First start: no VM, two images. */
void ui_show_quick(UiFixture *f);
/* A form half filled. */
void ui_show_new(UiFixture *f);
void ui_show_jobs(UiFixture *f);
/* Of a VM that is off. */
void ui_show_console(UiFixture *f);
void ui_show_console_menu(UiFixture *f);
