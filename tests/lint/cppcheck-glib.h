/* What cppcheck has to know of GLib's macros; it does not read GLib's headers. */
#define G_GNUC_PRINTF(format, first)
#define G_GNUC_NORETURN
#define G_GNUC_UNUSED
#define G_GNUC_CONST
#define G_GNUC_PURE
#define G_GNUC_NULL_TERMINATED
#define G_DEFINE_AUTOPTR_CLEANUP_FUNC(type, function)
#define G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(type, function)
#define G_STATIC_ASSERT(condition)
#define G_GINT64_CONSTANT(number)  (number##L)
#define G_GUINT64_CONSTANT(number) (number##UL)
#define G_GINT64_FORMAT            "li"
#define G_GUINT64_FORMAT           "lu"
#define G_GSIZE_FORMAT             "lu"
#define G_N_ELEMENTS(array)        (sizeof(array) / sizeof((array)[0]))
#define g_autoptr(type)            type *
#define g_auto(type)               type
#define g_autofree
#define autofd int
