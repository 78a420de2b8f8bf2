internal import Base

/// Gives the bearer token. One from a file is read again after 60 s (as client-go and kube-rs do, for tokens that the
/// kubelet renews) and when the server refused it; while the file cannot be read, the old token serves on.
struct TokenSource: Sendable {
    /// client-go transport/token_source.go.
    private static let period: Duration = .seconds(60)

    private let fixed: String?
    private let file: RereadValue<String>?

    init(
        _ credentials: ClusterConfiguration.Credentials, clock: some Clock<Duration> = ContinuousClock(),
        logger: Logger = Logger("kubernetes"),
        read: @escaping ClusterConfiguration.ReadFile = ClusterConfiguration.readFromDisk
    ) {
        switch credentials {
        case .none, .basic, .exec: (fixed, file) = (nil, nil)
        case .token(let token): (fixed, file) = (token, nil)
        case .tokenFile(let path, let initial):
            fixed = nil
            file = RereadValue(
                "token", value: initial, isFresh: false, period: Self.period, clock: clock, logger: logger
            ) { () throws(ConfigurationError) in
                try Self.token(path, read)
            }
        }
    }

    /// The token to send now; nil when there is none.
    func token() async -> String? {
        guard let file else { return fixed }
        return await file.current()
    }

    /// The server refused this token: unless it has been replaced meanwhile, the file is read before the next request.
    func refuse(_ token: String?) async { await file?.refuse(token) }

    /// The token in a file.
    static func token(_ path: String, _ read: ClusterConfiguration.ReadFile) throws(ConfigurationError) -> String {
        let token = ClusterConfiguration.trimmed(try ClusterConfiguration.contents(path, key: "", read))
        guard !token.isEmpty else {
            throw ConfigurationError(code: .missing, source: path, key: "", detail: "expected a token, it is empty")
        }
        return token
    }
}
