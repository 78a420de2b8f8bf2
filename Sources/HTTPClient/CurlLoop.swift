internal import Base
internal import CCurl
internal import Glibc
internal import Synchronization

/// The thread-safe door to the loop's thread: takes commands and wakes it.
final class CurlLoop: Sendable {
    enum Command: Sendable {
        case start(Transfer)
        /// The consumer of a paused transfer has caught up.
        case resume(Transfer)
        /// The transfer has ended; its connection is to be closed.
        case cancel(Transfer)
    }

    private struct Inbox {
        var commands: [Command] = []
        var multi: MultiHandle?
        var isShutDown = false
        /// The thread waits in `awaitCommand`, not in libcurl.
        var isAwaiting = false
    }

    private let inbox: Mutex<Inbox>
    /// What ends `awaitCommand`: the reading and the writing end of a pipe.
    private let doorbell: (outside: Int32, inside: Int32)

    init(name: String) {
        _ = Self.libraryIsReady
        // Without memory for one handle at start-up nothing useful can go on.
        guard let pointer = curl_multi_init() else { preconditionFailure("libcurl is out of memory") }
        let multi = MultiHandle(pointer: pointer)
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { preconditionFailure("no file descriptor is left") }
        for end in ends {
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
            _ = fcntl(end, F_SETFL, O_NONBLOCK)
        }
        doorbell = (outside: ends[1], inside: ends[0])
        inbox = Mutex(Inbox(multi: multi))
        startThread(name: name) { CurlThread(multi.pointer, inbox: self).run() }
    }

    /// Hands a command over. After a shutdown new transfers fail.
    func post(_ command: Command) {
        let isTaken = inbox.withLock { inbox in
            guard inbox.multi != nil, !inbox.isShutDown else { return false }
            inbox.commands.append(command)
            if inbox.commands.count == 1 { wake(inbox) }
            return true
        }
        if !isTaken, case .start(let transfer) = command {
            transfer.finish(.failure(transfer.error(.cancelled, "the client is shut down")))
        }
    }

    func shutdown() {
        inbox.withLock { inbox in
            inbox.isShutDown = true
            wake(inbox)
        }
    }

    private func wake(_ inbox: borrowing Inbox) {
        guard let multi = inbox.multi else { return }
        guard inbox.isAwaiting else {
            curl_multi_wakeup(multi.pointer)
            return
        }
        var ring: UInt8 = 1
        write(doorbell.outside, &ring, 1)
    }

    /// For the loop's thread: waits until a command comes or all is to end, at most so long.
    func awaitCommand(for limit: Duration) {
        let isIdle = inbox.withLock { inbox in
            inbox.isAwaiting = inbox.commands.isEmpty && !inbox.isShutDown
            return inbox.isAwaiting
        }
        guard isIdle else { return }
        var entry = pollfd(fd: doorbell.inside, events: Int16(POLLIN), revents: 0)
        poll(&entry, 1, Int32(min(60_000, limit / .milliseconds(1))))
        let wasCalled = inbox.withLock { inbox in
            inbox.isAwaiting = false
            return !inbox.commands.isEmpty || inbox.isShutDown
        }
        guard wasCalled else { return }
        // Rung once for the first command, and once for a shutdown.
        var rings: [UInt8] = [0, 0]
        _ = read(doorbell.inside, &rings, rings.count)
    }

    /// For the loop's thread: the commands that have come; nil once all is to end.
    func takeCommands() -> [Command]? {
        inbox.withLock { inbox in
            guard !inbox.isShutDown else { return nil }
            let commands = inbox.commands
            inbox.commands.removeAll()
            return commands
        }
    }

    /// For the loop's thread: no wake-up call can come after this. Gives the commands left.
    func close() -> [Command] {
        inbox.withLock { inbox in
            inbox.multi = nil
            Glibc.close(doorbell.outside)
            Glibc.close(doorbell.inside)
            defer { inbox.commands = [] }
            return inbox.commands
        }
    }

    /// libcurl wants this once before anything else.
    private static let libraryIsReady = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK
}

/// The multi handle as it may be shared.
// Unchecked and safe: off the loop's thread it is used for curl_multi_wakeup only, which libcurl allows from any thread, and
// only under the inbox's lock while the handle is in the inbox; the loop's thread takes it out before freeing it.
private struct MultiHandle: @unchecked Sendable {
    let pointer: UnsafeMutableRawPointer
}
