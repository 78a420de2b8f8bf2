#include <elf.h>
#include <malloc.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

// As <link.h> has it. Its declarations are hidden from Swift, which imports the header without the GNU extensions.
struct callboard_loaded_object {
    Elf64_Addr base;
    const char *name;
    const Elf64_Phdr *segments;
    Elf64_Half segment_count;
};

static inline int callboard_unmap_unwritten(struct callboard_loaded_object *object, size_t size, void *context) {
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    (void)size, (void)context;
    // The loader has written into a segment that holds text relocations: its pages are not those of the file.
    for (int i = 0; i < object->segment_count; i++) {
        const Elf64_Phdr *segment = &object->segments[i];
        if (segment->p_type != PT_DYNAMIC) continue;
        for (const Elf64_Dyn *entry = (const Elf64_Dyn *)(object->base + segment->p_vaddr); entry->d_tag != DT_NULL; entry++)
            if (entry->d_tag == DT_TEXTREL || (entry->d_tag == DT_FLAGS && entry->d_un.d_val & DF_TEXTREL)) return 0;
    }
    for (int i = 0; i < object->segment_count; i++) {
        const Elf64_Phdr *segment = &object->segments[i];
        if (segment->p_type != PT_LOAD || segment->p_flags & PF_W) continue;
        uintptr_t start = (object->base + segment->p_vaddr + page - 1) / page * page;
        uintptr_t end = (object->base + segment->p_vaddr + segment->p_filesz) / page * page;
        if (start < end) madvise((void *)start, end - start, MADV_DONTNEED);
    }
    return 0;
}

// Unmaps the pages of code and constants of the program and its libraries; what is used is mapped again at once.
static inline void callboard_unmap_code(void) {
    extern int dl_iterate_phdr(int (*)(struct callboard_loaded_object *, size_t, void *), void *);
    dl_iterate_phdr(callboard_unmap_unwritten, NULL);
}
