internal import Base
internal import HTTPClient

/// Gives what a server is verified with and the certificate that we show. What came from files is read again after five
/// minutes and when TLS failed; new connections use it then, and old ones live on.
struct TLSSource: Sendable {
    /// client-go since 1.36, transport/tls_cache.go and cert_rotation.go.
    private static let period: Duration = .seconds(300)

    private let fixed: TLSOptions
    private let files: RereadValue<TLSOptions>?

    /// The configuration's own contents count as just read.
    init(
        _ configuration: ClusterConfiguration, clock: some Clock<Duration> = ContinuousClock(),
        logger: Logger = Logger("kubernetes"),
        read: @escaping ClusterConfiguration.ReadFile = ClusterConfiguration.readFromDisk
    ) {
        let (options, paths) = (configuration.tls, configuration.tlsFiles)
        fixed = options
        guard paths != ClusterConfiguration.TLSFiles() else {
            files = nil
            return
        }
        files = RereadValue(
            "certificate", value: options, isFresh: true, period: Self.period, clock: clock, logger: logger
        ) { () throws(ConfigurationError) in
            try Self.options(options, paths, read)
        }
    }

    /// What to use for the next connection.
    func options() async -> TLSOptions { await files?.current() ?? fixed }

    /// TLS failed with these options: unless they have been replaced meanwhile, the files are read before the next
    /// request. True when what is used now is something else, so that trying again makes sense.
    func fail(_ options: TLSOptions) async -> Bool {
        guard let files else { return false }
        await files.refuse(options)
        return await files.current() != options
    }

    /// All or nothing, so that a certificate never goes with another's key.
    private static func options(
        _ options: TLSOptions, _ paths: ClusterConfiguration.TLSFiles, _ read: ClusterConfiguration.ReadFile
    ) throws(ConfigurationError) -> TLSOptions {
        var options = options
        if let path = paths.certificateAuthority {
            options.certificateAuthorityPEM = try ClusterConfiguration.pem(path, key: "", read)
        }
        if let path = paths.clientCertificate {
            options.clientCertificatePEM = try ClusterConfiguration.pem(path, key: "", read)
        }
        if let path = paths.clientKey { options.clientKeyPEM = try ClusterConfiguration.pem(path, key: "", read) }
        return options
    }
}
