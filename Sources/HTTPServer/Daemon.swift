internal import Base
internal import CMicrohttpd
internal import Glibc

/// A libmicrohttpd daemon: one epoll thread that reads requests and writes responses of the connections given to it.
struct Daemon: @unchecked Sendable {
    // Safe to share: MHD_add_connection may be called from any thread, and MHD_stop_daemon is called once, by the
    // supervisor's thread, after its last MHD_add_connection.
    private let pointer: OpaquePointer

    /// - Parameter supervisor: must outlive the daemon.
    init?(_ supervisor: Supervisor) {
        var callbacks = callboard_mhd_callbacks()
        callbacks.context = Unmanaged.passUnretained(supervisor).toOpaque()
        callbacks.target = targetCallback
        callbacks.access = accessCallback
        callbacks.completed = completedCallback
        callbacks.connection = connectionCallback
        let limits = supervisor.configuration
        // Half as much again for libmicrohttpd's own structures and the response's header.
        let memory = limits.maximumHeaderBytes + max(limits.maximumHeaderBytes / 2, 4096)
        let idleSeconds = UInt32(clamping: max(1, limits.idleTimeout.components.seconds))
        // The supervisor keeps the number of connections; each daemon could have them all.
        let connections = UInt32(clamping: limits.maximumConnections + 1)
        guard let pointer = callboard_mhd_start(&callbacks, memory, connections, idleSeconds) else { return nil }
        self.pointer = pointer
    }

    /// Gives a connected socket to the daemon, which closes it. False: it could not be served and is closed already.
    func add(_ socket: Int32, _ address: SocketAddress) -> Bool {
        var address = address
        return address.withPointer { MHD_add_connection(pointer, socket, $0, $1) == .YES }
    }

    /// Closes all connections and waits for the thread. No connection may be suspended.
    func stop() { MHD_stop_daemon(pointer) }
}

// What libmicrohttpd calls. `context` is the supervisor, which outlives the daemons. The request's context is its
// exchange, retained from the first callback of a request to the last.

private let targetCallback: callboard_mhd_target_callback = { context, target, _ in
    guard let context, let target else { return nil }
    let supervisor = Unmanaged<Supervisor>.fromOpaque(context).takeUnretainedValue()
    return Unmanaged.passRetained(Exchange(target: String(cString: target), supervisor: supervisor)).toOpaque()
}

private let completedCallback: MHD_RequestCompletedCallback = { _, _, request, _ in
    guard let opaque = request?.pointee else { return }
    request?.pointee = nil
    Unmanaged<Exchange>.fromOpaque(opaque).takeRetainedValue().complete()
}

private let connectionCallback: MHD_NotifyConnectionCallback = { context, _, _, event in
    guard let context, event == .CONNECTION_NOTIFY_CLOSED else { return }
    Unmanaged<Supervisor>.fromOpaque(context).takeUnretainedValue().connectionClosed()
}

private let accessCallback: MHD_AccessHandlerCallback = {
    context, connection, _, method, _, upload, uploadSize, request in
    guard let context, let connection, let method, let uploadSize, let opaque = request?.pointee else { return .NO }
    let supervisor = Unmanaged<Supervisor>.fromOpaque(context).takeUnretainedValue()
    let exchange = Unmanaged<Exchange>.fromOpaque(opaque).takeUnretainedValue()
    let step: Exchange.Step
    if !exchange.hasBegun {
        step = exchange.begin(
            method: String(cString: method), headers: headers(of: connection),
            headerBytes: callboard_mhd_header_size(connection),
            remoteAddress: callboard_mhd_client(connection).map(SocketAddress.ip) ?? "")
    } else if let upload, uploadSize.pointee > 0 {
        step = exchange.receive(UnsafeRawBufferPointer(start: upload, count: uploadSize.pointee))
        uploadSize.pointee = 0
    } else {
        step = exchange.proceed(Exchange.ConnectionHandle(pointer: connection))
    }
    switch step {
    case .goOn: return .YES
    case .close: return .NO
    case .answer(let response, let id, let method):
        let answer = OutgoingResponse(response, id: id, closes: supervisor.isStopping)
        return answer.queue(on: connection, for: exchange, method: method) ? .YES : .NO
    }
}

private func headers(of connection: OpaquePointer) -> HTTPHeaders {
    var headers = HTTPHeaders()
    withUnsafeMutablePointer(to: &headers) { pointer in
        _ = MHD_get_connection_values_n(
            connection, .HEADER_KIND,
            { context, _, name, nameSize, value, valueSize in
                guard let context, let name else { return .YES }
                context.assumingMemoryBound(to: HTTPHeaders.self).pointee.add(
                    text(name, nameSize), value.map { text($0, valueSize) } ?? "")
                return .YES
            }, pointer)
    }
    return headers
}

private func text(_ bytes: UnsafePointer<CChar>, _ count: Int) -> String {
    String(decoding: UnsafeRawBufferPointer(start: bytes, count: count), as: UTF8.self)
}
