#include <spawn.h>

// Of glibc 2.34 and newer. Its declaration is hidden from Swift, which imports the header without the GNU extensions.
static inline int callboard_spawn_close_from(posix_spawn_file_actions_t *actions, int first) {
    extern int posix_spawn_file_actions_addclosefrom_np(posix_spawn_file_actions_t *, int);
    return posix_spawn_file_actions_addclosefrom_np(actions, first);
}
