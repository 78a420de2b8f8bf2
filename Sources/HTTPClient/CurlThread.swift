internal import Base
internal import CCurl
internal import Glibc

/// What runs on the loop's thread: performs commands, lets libcurl work, passes on what it brings. Confined to that
/// thread.
final class CurlThread {
    private let multi: UnsafeMutableRawPointer
    private let inbox: CurlLoop
    private var running: [ObjectIdentifier: Running] = [:]
    /// Those that received something since their consumers were last woken.
    private var dirty: [Running] = []
    /// How much of bodies came since then.
    private var receivedBytes = 0
    private var gatherPace = GatherPace()
    /// When to look for idle transfers next.
    private var nextIdleCheck: ContinuousClock.Instant?

    init(_ multi: UnsafeMutableRawPointer, inbox: CurlLoop) {
        self.multi = multi
        self.inbox = inbox
    }

    func run() {
        blockBrokenPipeSignal()
        // Idle connections kept; more are closed, oldest first.
        callboard_curl_multi_set_long(multi, CURLMOPT_MAXCONNECTS, 64)
        while let commands = inbox.takeCommands() {
            for command in commands { perform(command) }
            var count: Int32 = 0
            curl_multi_perform(multi, &count)
            finishDone()
            wakeConsumers()
            failIdle()
            rest()
        }
        end()
    }

    private func perform(_ command: CurlLoop.Command) {
        switch command {
        case .start(let transfer): start(transfer)
        case .resume(let transfer):
            guard let entry = running[ObjectIdentifier(transfer)] else { return }
            entry.lastByte = .now
            curl_easy_pause(entry.easy.pointer, CURLPAUSE_CONT)
        case .cancel(let transfer): remove(transfer)
        }
    }

    private func start(_ transfer: Transfer) {
        guard !transfer.isFinished else { return }
        do throws(HTTPClientError) {
            let entry = Running(try EasyHandle(transfer), transfer: transfer, thread: self)
            running[ObjectIdentifier(transfer)] = entry
            entry.install()
            curl_multi_add_handle(multi, entry.easy.pointer)
            if let idle = transfer.idleTimeout { checkIdle(at: entry.lastByte + idle) }
        } catch {
            transfer.finish(.failure(error))
        }
    }

    private func remove(_ transfer: Transfer) {
        guard let entry = running.removeValue(forKey: ObjectIdentifier(transfer)) else { return }
        curl_multi_remove_handle(multi, entry.easy.pointer)
    }

    fileprivate func received(_ entry: Running, _ count: Int = 0) {
        entry.lastByte = .now
        receivedBytes += count
        guard !entry.isDirty else { return }
        entry.isDirty = true
        dirty.append(entry)
    }

    private func wakeConsumers() {
        for entry in dirty {
            entry.isDirty = false
            entry.transfer.wake()
        }
        dirty.removeAll(keepingCapacity: true)
    }

    /// Waits until there is something to do.
    private func rest() {
        defer { receivedBytes = 0 }
        if let gatherTime, gatherPace.looked(receivedBytes, at: .now) {
            inbox.awaitCommand(for: gatherTime)
        } else {
            curl_multi_poll(multi, nil, 0, pollTimeout, nil)
        }
    }

    /// How long what comes may wait: as long as every transfer allows; nil: not at all.
    private var gatherTime: Duration? {
        var least: Duration?
        for entry in running.values {
            guard let time = entry.gatherTime else { return nil }
            least = min(least ?? time, time)
        }
        return least
    }

    private func finishDone() {
        var left: Int32 = 0
        while let message = curl_multi_info_read(multi, &left) {
            guard message.pointee.msg == CURLMSG_DONE, let easy = message.pointee.easy_handle else { continue }
            let result = callboard_curl_message_result(message)
            guard let entry = Running.behind(easy) else { continue }
            entry.transfer.finish(entry.outcome(result))
            remove(entry.transfer)
        }
    }

    private func checkIdle(at instant: ContinuousClock.Instant) {
        nextIdleCheck = nextIdleCheck.map { min($0, instant) } ?? instant
    }

    private func failIdle() {
        let now = ContinuousClock.now
        guard let due = nextIdleCheck, due <= now else { return }
        nextIdleCheck = nil
        for entry in Array(running.values) {
            guard let idle = entry.transfer.idleTimeout else { continue }
            if entry.transfer.isPaused { entry.lastByte = now }
            let deadline = entry.lastByte + idle
            if deadline > now {
                checkIdle(at: deadline)
            } else {
                entry.transfer.finish(.failure(entry.silence(idle)))
                remove(entry.transfer)
            }
        }
    }

    /// In milliseconds. libcurl shortens it by its own timers.
    private var pollTimeout: Int32 {
        guard let due = nextIdleCheck else { return 60_000 }
        let wait = ContinuousClock.now.duration(to: due)
        // Rounded up, so as not to come back a moment too early.
        return Int32(max(0, min(60_000, wait / .milliseconds(1) + 1)))
    }

    private func end() {
        var left = Array(running.values.map(\.transfer))
        for command in inbox.close() {
            if case .start(let transfer) = command { left.append(transfer) }
        }
        for transfer in left {
            transfer.finish(.failure(transfer.error(.cancelled, "the client is shut down")))
            remove(transfer)
        }
        curl_multi_cleanup(multi)
    }

    /// OpenSSL writes with `write`, which raises SIGPIPE when the other side has closed.
    private func blockBrokenPipeSignal() {
        var signals = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, SIGPIPE)
        pthread_sigmask(SIG_BLOCK, &signals, nil)
    }
}

/// A transfer that libcurl knows. libcurl's callbacks get it as their context.
final class Running {
    let easy: EasyHandle
    let transfer: Transfer
    var lastByte = ContinuousClock.now
    var isDirty = false
    /// Nil until the stream flows, too.
    private(set) var gatherTime: Duration?
    private var parser = ResponseHeadParser()
    private unowned let thread: CurlThread

    init(_ easy: EasyHandle, transfer: Transfer, thread: CurlThread) {
        self.easy = easy
        self.transfer = transfer
        self.thread = thread
    }

    /// Makes libcurl call us. The thread keeps `self` until the easy handle is removed, and libcurl calls only before.
    func install() {
        let context = Unmanaged.passUnretained(self).toOpaque()
        callboard_curl_set_pointer(easy.pointer, CURLOPT_PRIVATE, context)
        callboard_curl_set_pointer(easy.pointer, CURLOPT_WRITEDATA, context)
        callboard_curl_set_pointer(easy.pointer, CURLOPT_HEADERDATA, context)
        callboard_curl_set_writer(easy.pointer, CURLOPT_WRITEFUNCTION) { bytes, size, count, context in
            guard let context, let bytes else { return 0 }
            let running = Unmanaged<Running>.fromOpaque(context).takeUnretainedValue()
            return running.receiveBody(UnsafeRawBufferPointer(start: bytes, count: size * count))
        }
        callboard_curl_set_writer(easy.pointer, CURLOPT_HEADERFUNCTION) { bytes, size, count, context in
            guard let context, let bytes else { return 0 }
            let running = Unmanaged<Running>.fromOpaque(context).takeUnretainedValue()
            return running.receiveHeader(UnsafeRawBufferPointer(start: bytes, count: size * count))
        }
    }

    /// The one that was installed on an easy handle which libcurl still has.
    static func behind(_ easy: UnsafeMutableRawPointer) -> Running? {
        var context: UnsafeMutableRawPointer?
        callboard_curl_get_pointer(easy, CURLINFO_PRIVATE, &context)
        return context.map { Unmanaged<Running>.fromOpaque($0).takeUnretainedValue() }
    }

    private func receiveBody(_ bytes: UnsafeRawBufferPointer) -> Int {
        switch transfer.receive(bytes) {
        case .taken:
            thread.received(self, bytes.count)
            return bytes.count
        case .pause: return Int(CURL_WRITEFUNC_PAUSE)
        case .stop: return 0
        }
    }

    private func receiveHeader(_ line: UnsafeRawBufferPointer) -> Int {
        thread.received(self)
        if let head = parser.read(line.bindMemory(to: UInt8.self)) {
            transfer.receive(head, nameLookup: easy.nameLookup)
            gatherTime = transfer.request.gatherTime
        }
        return line.count
    }

    func outcome(_ result: CURLcode) -> Result<Void, HTTPClientError> {
        guard result != CURLE_OK else { return .success(()) }
        let words = easy.problem.isEmpty ? String(cString: curl_easy_strerror(result)) : easy.problem
        let code = HTTPClientError.Code(result, words: words, hadConnection: easy.hadConnection)
        return .failure(transfer.error(code, words))
    }

    /// Why a transfer ends from which nothing came for so long.
    func silence(_ limit: Duration) -> HTTPClientError {
        easy.hadConnection
            ? transfer.error(.timeout, "no byte came for \(limit)")
            : transfer.error(.cannotConnect, "no connection within \(limit)")
    }
}
