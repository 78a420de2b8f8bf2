internal import CSpawn
internal import Glibc

/// A program that is running. Blocks; used on one thread.
struct ChildProcess {
    private let command: Subprocess
    private let process: pid_t
    private var output: Stream
    private var errors: Stream

    /// Of standard error, what is kept.
    private static let maximumErrorBytes = 4 << 10

    /// Starts the program.
    init(_ command: Subprocess) throws(SubprocessError) {
        self.command = command
        let output = try Self.pipe(command)
        let errors = try Self.pipe(command)
        process = try Self.spawn(command, output: output.writing, errors: errors.writing)
        self.output = Stream(output.reading)
        self.errors = Stream(errors.reading)
    }

    /// Waits until the program has ended, or ends it.
    mutating func wait(isCancelled: () -> Bool) throws(SubprocessError) -> Subprocess.Result {
        let end = ContinuousClock.now + command.deadline
        while true {
            // Asked before reading, so that all that the program wrote is read when it has ended.
            let ending = poll()
            output.drain(keepingLast: nil)
            errors.drain(keepingLast: Self.maximumErrorBytes)
            if output.bytes.count > command.maximumOutputBytes {
                throw stop(
                    ending, .outputTooLarge, "it wrote more than \(command.maximumOutputBytes) bytes, and was killed")
            }
            // A grandchild that holds the pipes open is not waited for.
            if let ending {
                return Subprocess.Result(ending: ending, output: output.bytes, errorOutput: errors.bytes)
            }
            if isCancelled() { throw stop(nil, .cancelled, "cancelled") }
            if ContinuousClock.now >= end {
                throw stop(nil, .timeout, "it did not end within \(command.deadline), and was killed")
            }
            waitForNews()
        }
    }

    /// How the program ended; nil while it runs.
    private func poll() -> Subprocess.Ending? {
        var status: Int32 = 0
        guard waitpid(process, &status, WNOHANG) == process else { return nil }
        return Self.ending(status)
    }

    private func stop(
        _ ending: Subprocess.Ending?, _ code: SubprocessError.Code, _ detail: String
    ) -> SubprocessError {
        // Once reaped, its number may belong to another process.
        if ending == nil {
            kill(-process, SIGKILL)
            var status: Int32 = 0
            while waitpid(process, &status, 0) < 0, errno == EINTR {}
        }
        return SubprocessError(code: code, executable: command.executable, detail: detail)
    }

    /// Until there is something to read, or it is time to look whether the program has ended or is to be ended.
    private func waitForNews() {
        var entries = [output, errors].map { pollfd(fd: $0.descriptor ?? -1, events: Int16(POLLIN), revents: 0) }
        let isSilent = output.descriptor == nil && errors.descriptor == nil
        Glibc.poll(&entries, nfds_t(entries.count), isSilent ? 2 : 50)
    }

    /// The wait status as in wait(2).
    private static func ending(_ status: Int32) -> Subprocess.Ending {
        let signal = status & 0x7F
        return signal == 0 ? .exited(status: (status >> 8) & 0xFF) : .killed(signal: signal)
    }
}

extension ChildProcess {
    /// The reading end does not block.
    private static func pipe(
        _ command: Subprocess
    ) throws(SubprocessError) -> (reading: Descriptor, writing: Descriptor) {
        var ends: [Int32] = [-1, -1]
        guard Glibc.pipe(&ends) == 0 else {
            throw SubprocessError(code: .cannotStart, executable: command.executable, detail: errnoText(errno))
        }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        _ = fcntl(ends[0], F_SETFL, O_NONBLOCK)
        return (Descriptor(number: ends[0]), Descriptor(number: ends[1]))
    }

    private static func spawn(
        _ command: Subprocess, output: Descriptor, errors: Descriptor
    ) throws(SubprocessError) -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, output.number, 1)
        posix_spawn_file_actions_adddup2(&actions, errors.number, 2)
        // Libraries open descriptors without O_CLOEXEC: a program must not inherit our connections.
        callboard_spawn_close_from(&actions, 3)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        configure(&attributes)

        var process = pid_t()
        let result = withCStrings([command.executable] + command.arguments) { arguments in
            withCStrings(command.environment) { environment in
                posix_spawnp(&process, command.executable, &actions, &attributes, arguments, environment)
            }
        }
        guard result == 0 else {
            throw SubprocessError(
                code: result == ENOENT ? .notFound : .cannotStart, executable: command.executable,
                detail: errnoText(result))
        }
        return process
    }

    /// A process group of its own, so that what it starts can be ended with it, and signals as a shell gives them: our
    /// threads block most of them.
    private static func configure(_ attributes: inout posix_spawnattr_t) {
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        sigaddset(&signals, SIGPIPE)
        posix_spawnattr_setsigdefault(&attributes, &signals)
        posix_spawnattr_setpgroup(&attributes, 0)
        let flags = Int32(POSIX_SPAWN_SETSIGMASK) | Int32(POSIX_SPAWN_SETSIGDEF) | Int32(POSIX_SPAWN_SETPGROUP)
        posix_spawnattr_setflags(&attributes, Int16(flags))
    }
}

/// Calls with a null-terminated array of C strings, as exec and its like want it.
private func withCStrings<Value>(
    _ texts: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Value
) -> Value {
    let strings = texts.map { strdup($0) } + [nil]
    defer { for string in strings { free(string) } }
    return strings.withUnsafeBufferPointer { buffer in
        // Never empty: it holds the final nil.
        guard let start = buffer.baseAddress else { preconditionFailure("an array with an element has an address") }
        return body(start)
    }
}

/// A file descriptor that is closed with its last reference.
private final class Descriptor {
    let number: Int32

    init(number: Int32) { self.number = number }

    deinit { close(number) }
}

/// The reading end of a pipe and what came through it.
private struct Stream {
    /// Nil after the end.
    private var end: Descriptor?
    private(set) var bytes: [UInt8] = []

    init(_ end: Descriptor) { self.end = end }

    var descriptor: Int32? { end?.number }

    /// Reads what is there: at most as much as a pipe holds, so that a program that never stops writing is noticed.
    mutating func drain(keepingLast limit: Int?) {
        guard let descriptor else { return }
        var count = 0
        let chunk = [UInt8](unsafeUninitializedCapacity: 64 << 10) { buffer, initialized in
            repeat { count = read(descriptor, buffer.baseAddress, buffer.count) } while count < 0 && errno == EINTR
            initialized = max(0, count)
        }
        if count == 0 || (count < 0 && errno != EAGAIN) { end = nil }
        bytes += chunk
        if let limit, bytes.count > limit { bytes.removeFirst(bytes.count - limit) }
    }
}
