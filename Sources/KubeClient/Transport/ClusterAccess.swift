internal import Base
internal import HTTPClient

/// Who we are for one cluster's API server and how we know that server, at the moment of a request.
struct ClusterAccess: Sendable {
    /// What one request uses.
    struct Grant: Sendable {
        /// The value of the `Authorization` field; nil: none.
        fileprivate(set) var authorization: String?
        fileprivate(set) var tls: TLSOptions
        // What that was made from.
        fileprivate var token: String?
        fileprivate var credential: ExecCredential?
        fileprivate var material: TLSOptions
    }

    /// Fields that say whom we act as.
    let impersonation: HTTPHeaders
    private let basic: String?
    private let token: TokenSource
    private let tls: TLSSource
    private let exec: ExecSource?

    init(_ configuration: ClusterConfiguration, clock: some Clock<Duration>, logger: Logger) {
        impersonation = configuration.impersonation?.headers ?? [:]
        token = TokenSource(configuration.credentials, clock: clock, logger: logger)
        tls = TLSSource(configuration, clock: clock, logger: logger)
        switch configuration.credentials {
        case .basic(let user, let password):
            basic = "Basic " + Base64.encode(Array("\(user):\(password)".utf8))
            exec = nil
        case .exec(let plugin): (basic, exec) = (nil, ExecSource(plugin))
        case .none, .token, .tokenFile: (basic, exec) = (nil, nil)
        }
    }

    /// What to use now.
    ///
    /// - Throws: `ExecPluginError`, `CancellationError`.
    func grant() async throws -> Grant {
        let material = await tls.options()
        var grant = Grant(tls: material, material: material)
        grant.credential = try await exec?.credential()
        grant.token = await token.token()
        if let certificate = grant.credential?.certificatePEM {
            grant.tls.clientCertificatePEM = certificate
            grant.tls.clientKeyPEM = grant.credential?.keyPEM
        }
        grant.authorization = (grant.credential?.token ?? grant.token).map { "Bearer \($0)" } ?? basic
        return grant
    }

    /// The server did not accept who we are (401).
    func refuse(_ grant: Grant) async {
        await token.refuse(grant.token)
        if let credential = grant.credential { await exec?.refuse(credential) }
    }

    /// TLS failed. True when there is something else to try now.
    func failTLS(_ grant: Grant) async -> Bool {
        let isRenewed = await tls.fail(grant.material)
        // Whether the server or our certificate was not trusted is not known.
        guard let credential = grant.credential, credential.certificatePEM != nil else { return isRenewed }
        await exec?.refuse(credential)
        return true
    }
}
