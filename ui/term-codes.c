#include "ui/term-codes.h"

typedef struct {
	int number;
	guint code;
} CodeRow;

#define F(n) (TERM_KEY_F1 + (n)-1)

/* clang-format off */
static const CodeRow tilde_keys[] = {
	{ 1, TERM_KEY_HOME },  { 2, TERM_KEY_INSERT }, { 3, TERM_KEY_DELETE }, { 4, TERM_KEY_END },
	{ 5, TERM_KEY_PGUP },  { 6, TERM_KEY_PGDN },   { 7, TERM_KEY_HOME },   { 8, TERM_KEY_END },
	{ 11, F(1) },  { 12, F(2) },  { 13, F(3) },  { 14, F(4) },  { 15, F(5) },  { 17, F(6) },  { 18, F(7) },
	{ 19, F(8) },  { 20, F(9) },  { 21, F(10) }, { 23, F(11) }, { 24, F(12) }, { 25, F(13) }, { 26, F(14) },
	{ 28, F(15) }, { 29, TERM_KEY_MENU },        { 31, F(17) }, { 32, F(18) }, { 33, F(19) }, { 34, F(20) },
};

static const CodeRow letter_keys[] = {
	{ 'A', TERM_KEY_UP },          { 'B', TERM_KEY_DOWN },   { 'C', TERM_KEY_RIGHT },       { 'D', TERM_KEY_LEFT },
	{ 'E', TERM_KEY_BEGIN },       { 'F', TERM_KEY_END },    { 'H', TERM_KEY_HOME },        { 'M', TERM_KEY_KP_ENTER },
	{ 'P', F(1) },                 { 'Q', F(2) },            { 'R', F(3) },                 { 'S', F(4) },
	{ 'j', TERM_KEY_KP_MULTIPLY }, { 'k', TERM_KEY_KP_ADD }, { 'm', TERM_KEY_KP_SUBTRACT },
	{ 'n', TERM_KEY_KP_DECIMAL },  { 'o', TERM_KEY_KP_DIVIDE },
};

/* From 57344 up, in Unicode's private area, the numbers are the kitty protocol's own. */
static const CodeRow kitty_keys[] = {
	{ 9, TERM_KEY_TAB },             { 13, TERM_KEY_ENTER },           { 27, TERM_KEY_ESCAPE },
	{ 127, TERM_KEY_BACKSPACE },     { 57358, TERM_KEY_CAPS_LOCK },    { 57359, TERM_KEY_SCROLL_LOCK },
	{ 57360, TERM_KEY_NUM_LOCK },    { 57361, TERM_KEY_PRINT },        { 57362, TERM_KEY_PAUSE },
	{ 57363, TERM_KEY_MENU },        { 57409, TERM_KEY_KP_DECIMAL },   { 57410, TERM_KEY_KP_DIVIDE },
	{ 57411, TERM_KEY_KP_MULTIPLY }, { 57412, TERM_KEY_KP_SUBTRACT },  { 57413, TERM_KEY_KP_ADD },
	{ 57414, TERM_KEY_KP_ENTER },    { 57417, TERM_KEY_LEFT },         { 57418, TERM_KEY_RIGHT },
	{ 57419, TERM_KEY_UP },          { 57420, TERM_KEY_DOWN },         { 57421, TERM_KEY_PGUP },
	{ 57422, TERM_KEY_PGDN },        { 57423, TERM_KEY_HOME },         { 57424, TERM_KEY_END },
	{ 57425, TERM_KEY_INSERT },      { 57426, TERM_KEY_DELETE },       { 57427, TERM_KEY_BEGIN },
	{ 57441, TERM_KEY_LEFT_SHIFT },  { 57442, TERM_KEY_LEFT_CTRL },    { 57443, TERM_KEY_LEFT_ALT },
	{ 57444, TERM_KEY_LEFT_SUPER },  { 57447, TERM_KEY_RIGHT_SHIFT },  { 57448, TERM_KEY_RIGHT_CTRL },
	{ 57449, TERM_KEY_RIGHT_ALT },   { 57450, TERM_KEY_RIGHT_SUPER },
};
/* clang-format on */

#define KITTY_F13     57376
#define KITTY_F24     57387
#define KITTY_KP_0    57399
#define KITTY_KP_9    57408
#define PRIVATE_FIRST 57344
#define PRIVATE_LAST  63743

#define LOOKUP(table, number) lookup(table, G_N_ELEMENTS(table), number)

static guint lookup(const CodeRow *rows, gsize count, int number)
{
	for (gsize i = 0; i < count; i++)
		if (rows[i].number == number)
			return rows[i].code;
	return TERM_KEY_NONE;
}

guint term_code_tilde(int number)
{
	return LOOKUP(tilde_keys, number);
}

guint term_code_letter(char letter)
{
	return LOOKUP(letter_keys, letter);
}

guint term_code_kitty(int number)
{
	guint code = LOOKUP(kitty_keys, number);

	if (code)
		return code;
	if (number >= KITTY_F13 && number <= KITTY_F24)
		return F(13) + (guint)(number - KITTY_F13);
	if (number >= KITTY_KP_0 && number <= KITTY_KP_9)
		return TERM_KEY_KP_0 + (guint)(number - KITTY_KP_0);
	if (number < 0x20 || (number >= PRIVATE_FIRST && number <= PRIVATE_LAST) ||
	    !g_unichar_validate((gunichar)number))
		return TERM_KEY_NONE;
	return (guint)number;
}
