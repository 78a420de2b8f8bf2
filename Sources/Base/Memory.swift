internal import CMalloc

/// Gives the system back what large work has freed. The allocator keeps it otherwise, in each thread's part of the heap, and
/// the next large work may find itself in another thread. Takes some milliseconds.
package func returnFreedMemory() { malloc_trim(0) }
