internal import Glibc

/// Runs an actor on a thread of its own, so that the actor may make blocking C calls without holding a thread of the
/// cooperative pool.
///
/// Give it to an actor as `unownedExecutor`. The thread lives until `stop()` and, after that, whenever there is a job.
package final class ThreadExecutor: SerialExecutor {
    private let queue = JobQueue()
    private let name: String

    /// - Parameter name: shown by `top -H` and debuggers; cut to 15 bytes.
    package init(name: String) {
        self.name = name
        start()
    }

    /// Lets the thread end once the queued jobs have run. Jobs that come later have a thread started for them, so that no
    /// awaiting task hangs and no two jobs ever run at once.
    package func stop() { queue.close() }

    package func enqueue(_ job: consuming ExecutorJob) {
        if queue.append(UnownedJob(job)) { start() }
    }

    /// The thread keeps the executor alive until it ends.
    private func start() {
        startThread(name: name) { self.run() }
    }

    private func run() {
        let executor = asUnownedSerialExecutor()
        while let job = queue.next() { job.runSynchronously(on: executor) }
    }
}

/// A queue of jobs that one thread waits on.
private final class JobQueue: @unchecked Sendable {
    // Safe to share: every access to the variables holds `mutex`, and the two pthread objects never move because they
    // are allocated once and freed in deinit.
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var jobs: [UnownedJob] = []
    private var nextIndex = 0
    private var isClosed = false
    /// Whether there is a thread that asks for jobs.
    private var isServed = true

    init() {
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(condition, nil)
    }

    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(mutex)
        condition.deallocate()
        mutex.deallocate()
    }

    /// True when the queue's thread has ended, so that the caller must start another.
    func append(_ job: UnownedJob) -> Bool {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        // Of a queue that is never empty, what has run must go too.
        if nextIndex >= 1_024, nextIndex * 2 > jobs.count {
            jobs.removeFirst(nextIndex)
            nextIndex = 0
        }
        jobs.append(job)
        pthread_cond_signal(condition)
        defer { isServed = true }
        return !isServed
    }

    /// Waits for a job; nil when the queue is closed and empty: the thread that asked ends.
    func next() -> UnownedJob? {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        while nextIndex == jobs.count {
            jobs.removeAll(keepingCapacity: true)
            nextIndex = 0
            if isClosed {
                isServed = false
                return nil
            }
            pthread_cond_wait(condition, mutex)
        }
        defer { nextIndex += 1 }
        return jobs[nextIndex]
    }

    func close() {
        pthread_mutex_lock(mutex)
        isClosed = true
        pthread_cond_broadcast(condition)
        pthread_mutex_unlock(mutex)
    }
}

/// Starts a detached thread that runs `body` once.
///
/// - Parameter name: shown by `top -H` and debuggers; cut to 15 bytes.
package func startThread(name: String, _ body: @escaping @Sendable () -> Void) {
    let box = Unmanaged.passRetained(ThreadBody(name: name, run: body))
    var thread = pthread_t()
    let result = pthread_create(
        &thread, nil,
        { argument in
            guard let argument else { return nil }
            let body = Unmanaged<ThreadBody>.fromOpaque(argument).takeRetainedValue()
            nameCurrentThread(body.name)
            body.run()
            return nil
        }, box.toOpaque())
    // Fails only when the process is out of threads or memory at start-up; nothing useful can go on without it.
    precondition(result == 0, "cannot start the thread \(name): error \(result)")
    pthread_detach(thread)
}

/// Names the thread through procfs: glibc's call for it is not visible to Swift.
private func nameCurrentThread(_ name: String) {
    let descriptor = open("/proc/thread-self/comm", O_WRONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return }
    let bytes = Array(name.utf8.prefix(15))
    _ = write(descriptor, bytes, bytes.count)
    close(descriptor)
}

private final class ThreadBody: Sendable {
    let name: String
    let run: @Sendable () -> Void

    init(name: String, run: @escaping @Sendable () -> Void) {
        self.name = name
        self.run = run
    }
}
