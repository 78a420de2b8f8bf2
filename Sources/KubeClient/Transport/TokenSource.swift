internal import Base

/// Gives the bearer token. One from a file is read again after 60 s (as client-go and kube-rs do, for tokens that the
/// kubelet renews) and when the server refused it; while the file cannot be read, the old token serves on.
actor TokenSource {
    /// client-go transport/token_source.go.
    private static let period: Duration = .seconds(60)

    private let path: String?
    private let elapsed: @Sendable () -> Duration
    private let read: @Sendable (String) throws(FileError) -> [UInt8]
    private var current: String?
    private var readAgainAt: Duration = .zero
    private var reading: Task<String?, Never>?

    init(
        _ credentials: ClusterConfiguration.Credentials, clock: some Clock<Duration> = ContinuousClock(),
        read: @escaping @Sendable (String) throws(FileError) -> [UInt8] = { (path) throws(FileError) in
            try readFile(path, maximumBytes: 1 << 20)
        }
    ) {
        let start = clock.now
        elapsed = { start.duration(to: clock.now) }
        self.read = read
        switch credentials {
        case .none: (path, current) = (nil, nil)
        case .token(let token): (path, current) = (nil, token)
        case .tokenFile(let file, let initial): (path, current) = (file, initial)
        }
    }

    /// The token to send now; nil when there is none.
    func token() async -> String? {
        guard let path, current == nil || elapsed() >= readAgainAt else { return current }
        // Requests that come while the file is read wait for the same reading.
        let task = reading ?? Task { await fromFile(path) }
        reading = task
        let fresh = await task.value
        reading = nil
        if let fresh { current = fresh }
        readAgainAt = elapsed() + Self.period
        return current
    }

    /// The server refused this token: unless it has been replaced meanwhile, the file is read before the next request.
    func refuse(_ token: String?) {
        if token == current { readAgainAt = .zero }
    }

    private func fromFile(_ path: String) async -> String? {
        let read = read
        let bytes = try? await onOwnThread("token") { () throws(FileError) in try read(path) }
        let token = bytes.map(ClusterConfiguration.trimmed) ?? ""
        return token.isEmpty ? nil : token
    }
}
