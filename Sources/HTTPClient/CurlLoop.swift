internal import Base
internal import CCurl
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
    }

    private let inbox: Mutex<Inbox>

    init(name: String) {
        _ = Self.libraryIsReady
        // Without memory for one handle at start-up nothing useful can go on.
        guard let pointer = curl_multi_init() else { preconditionFailure("libcurl is out of memory") }
        let multi = MultiHandle(pointer: pointer)
        inbox = Mutex(Inbox(multi: multi))
        startThread(name: name) { CurlThread(multi.pointer, inbox: self).run() }
    }

    /// Hands a command over. After a shutdown new transfers fail.
    func post(_ command: Command) {
        let isTaken = inbox.withLock { inbox in
            guard let multi = inbox.multi, !inbox.isShutDown else { return false }
            inbox.commands.append(command)
            if inbox.commands.count == 1 { curl_multi_wakeup(multi.pointer) }
            return true
        }
        if !isTaken, case .start(let transfer) = command {
            transfer.finish(.failure(transfer.error(.cancelled, "the client is shut down")))
        }
    }

    func shutdown() {
        inbox.withLock { inbox in
            inbox.isShutDown = true
            if let multi = inbox.multi { curl_multi_wakeup(multi.pointer) }
        }
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
            defer { inbox.commands = [] }
            return inbox.commands
        }
    }

    /// libcurl wants this once before anything else.
    private static let libraryIsReady = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK
}

/// The multi handle as it may be shared.
private struct MultiHandle: @unchecked Sendable {
    // Safe: off the loop's thread it is used for curl_multi_wakeup only, which libcurl allows from any thread, and only
    // under the inbox's lock while the handle is in the inbox; the loop's thread takes it out before freeing it.
    let pointer: UnsafeMutableRawPointer
}
