internal import CMemory

/// Gives the system back what large work, or the start, has taken and nothing needs now. Takes some milliseconds.
///
/// That is freed memory, which the allocator keeps otherwise, in each thread's part of the heap, although the next large
/// work may find itself in another thread. And it is the code that such work has run: the pages are the file's own, so
/// those that are needed are mapped again as they are touched, sixteen at a time, from the system's cache.
package func returnUnusedMemory() {
    malloc_trim(0)
    callboard_unmap_code()
}
