#include "ui/theme.h"

#define NONE -1

/* Palette indices, NONE = the terminal's own; attributes for both. Without colours only the attributes of `few' count. */
typedef struct {
	int fg, bg;
	guint attr;
} Look;

/* clang-format off */
static const struct {
	Look rich, few;
} looks[] = {
	[ROLE_NORMAL]  = { { NONE, NONE, 0 },         { NONE, NONE, 0 } },
	[ROLE_TITLE]   = { { 253, 237, ATTR_BOLD },   { NONE, NONE, ATTR_REVERSE } },
	[ROLE_HEADER]  = { { 73, NONE, 0 },           { 6, NONE, ATTR_UNDERLINE } },
	[ROLE_CURSOR]  = { { 231, 24, 0 },            { NONE, NONE, ATTR_REVERSE } },
	[ROLE_MARKED]  = { { 179, NONE, ATTR_BOLD },  { 3, NONE, ATTR_BOLD } },
	[ROLE_DIM]     = { { 245, NONE, 0 },          { NONE, NONE, ATTR_DIM } },
	[ROLE_HEADING] = { { 73, NONE, ATTR_BOLD },   { 6, NONE, ATTR_BOLD } },
	[ROLE_GOOD]    = { { 71, NONE, 0 },           { 2, NONE, 0 } },
	[ROLE_WAIT]    = { { 179, NONE, 0 },          { 3, NONE, 0 } },
	[ROLE_BAD]     = { { 167, NONE, ATTR_BOLD },  { 1, NONE, ATTR_BOLD } },
	[ROLE_KEY]     = { { 117, 237, ATTR_BOLD },   { NONE, NONE, ATTR_BOLD } },
	[ROLE_KEYTEXT] = { { 250, 237, 0 },           { NONE, NONE, 0 } },
	[ROLE_INPUT]   = { { NONE, NONE, 0 },         { NONE, NONE, 0 } },
	[ROLE_FOCUS]   = { { 231, 24, 0 },            { NONE, NONE, ATTR_REVERSE } },
	[ROLE_DIALOG]  = { { NONE, NONE, 0 },         { NONE, NONE, 0 } },
	[ROLE_BAR]     = { { 73, NONE, 0 },           { 6, NONE, 0 } },
};
/* clang-format on */
G_STATIC_ASSERT(G_N_ELEMENTS(looks) == ROLE_COUNT);

static ThemeLevel current = THEME_COLORS_256;

void theme_set_level(ThemeLevel level)
{
	current = level;
}

ThemeLevel theme_level(void)
{
	return current;
}

static guint32 palette_color(int index)
{
	return index == NONE || current == THEME_MONO ? COLOR_DEFAULT : COLOR_INDEX(index);
}

Style theme(Role role)
{
	const Look *look = current == THEME_COLORS_256 ? &looks[role].rich : &looks[role].few;

	return (Style){ palette_color(look->fg), palette_color(look->bg), look->attr };
}

Role theme_state_role(const char *state)
{
	/* clang-format off */
	static const struct {
		const char *state;
		Role role;
	} roles[] = {
		{ "running", ROLE_GOOD },  { "done", ROLE_GOOD },    { "off", ROLE_DIM },    { "saved", ROLE_DIM },
		{ "cancelled", ROLE_DIM }, { "critical", ROLE_BAD }, { "failed", ROLE_BAD },
	};
	/* clang-format on */

	for (gsize i = 0; i < G_N_ELEMENTS(roles); i++)
		if (g_strcmp0(roles[i].state, state) == 0)
			return roles[i].role;
	return ROLE_WAIT;
}
