package import Base

/// A request as the caller describes it. The URL must be absolute, `http` or `https`; redirects are never followed.
package struct HTTPRequest: Sendable {
    /// Sent as it is; must be an HTTP token.
    package var method = "GET"
    /// Sent as it is: neither normalised nor encoded.
    package var url: String
    /// `Accept-Encoding` asks for compression; the body is then given decompressed. `Content-Length`,
    /// `Transfer-Encoding` and `Connection` are the client's and are left out when given.
    package var headers = HTTPHeaders()
    /// Nil sends none; with POST, PUT and PATCH that means a length of 0.
    package var body: [UInt8]?
    /// For `https` only.
    package var tls = TLSOptions()
    /// A proxy's URL. Nil: as the environment says (`https_proxy`, `no_proxy` and so on, as curl reads them), except
    /// that loopback addresses are always reached directly.
    package var proxy: String?
    /// Where to connect to in place of the URL's host, at its port: an IP address that was found good before. The name in
    /// TLS and in `Host` stays that of the URL. Nil: where the URL's host leads.
    package var address: String?
    /// Until the connection stands, TLS included.
    package var connectTimeout: Duration = .seconds(10)
    /// Until the last byte of the body; nil: none, as for watches.
    package var totalTimeout: Duration? = .seconds(30)
    /// Fails the request when no byte has come for that long; nil: never. Time in which the reader of a stream is
    /// behind does not count.
    package var idleTimeout: Duration?
    /// Of a stream's body: unread bytes above which the connection is not read any more until its reader catches up.
    package var unreadBytes = 1 << 20
    /// Of a stream that flows: how long bytes may wait for further ones, so that many small pieces cost one wake-up.
    /// What comes after a pause does not wait, nor does a rush, nor anything while the client works on a request without
    /// this time. Nil: not at all.
    package var gatherTime: Duration?
    /// Called once when an answer has ended, in whatever way, with the bytes of its body (after decompression). On the
    /// client's own thread: it must return at once.
    package var onBodyEnd: (@Sendable (Int) -> Void)?

    /// Everything but the URL has a default.
    package init(
        method: String = "GET", url: String, headers: HTTPHeaders = HTTPHeaders(), body: [UInt8]? = nil,
        tls: TLSOptions = TLSOptions(), proxy: String? = nil, connectTimeout: Duration = .seconds(10),
        totalTimeout: Duration? = .seconds(30), idleTimeout: Duration? = nil
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.tls = tls
        self.proxy = proxy
        self.connectTimeout = connectTimeout
        self.totalTimeout = totalTimeout
        self.idleTimeout = idleTimeout
    }

    /// Whether a URL leads to the machine itself; false when it is none.
    package static func isLoopback(_ url: String) -> Bool { RequestURL(url, serverName: nil)?.isLoopback ?? false }
}

/// How a server is verified and how the client identifies itself. Connections are shared only between requests with
/// equal options.
package struct TLSOptions: Sendable, Hashable {
    /// The only authorities trusted; nil: those of the system.
    package var certificateAuthorityPEM: [UInt8]?
    /// Shown when the server asks for one; further certificates are the chain.
    package var clientCertificatePEM: [UInt8]?
    /// Nil: the key is in `clientCertificatePEM` too.
    package var clientKeyPEM: [UInt8]?
    /// Sent as SNI and expected in the certificate instead of the URL's host (kubeconfig's `tls-server-name`).
    package var serverName: String?
    /// Accepts any certificate of any name.
    package var insecureSkipVerify = false

    /// By default: verified against the authorities of the system, no client certificate.
    package init(
        certificateAuthorityPEM: [UInt8]? = nil, clientCertificatePEM: [UInt8]? = nil, clientKeyPEM: [UInt8]? = nil,
        serverName: String? = nil, insecureSkipVerify: Bool = false
    ) {
        self.certificateAuthorityPEM = certificateAuthorityPEM
        self.clientCertificatePEM = clientCertificatePEM
        self.clientKeyPEM = clientKeyPEM
        self.serverName = serverName
        self.insecureSkipVerify = insecureSkipVerify
    }
}

/// A whole answer, whatever its status.
package struct HTTPResponse: Sendable {
    /// 200 to 599.
    package let status: Int
    /// In the order sent, without trailers.
    package let headers: HTTPHeaders
    /// Decompressed when compression was asked for.
    package let body: [UInt8]
    package let timing: RequestTiming

    /// Also for tests of what reads answers.
    package init(status: Int, headers: HTTPHeaders, body: [UInt8], timing: RequestTiming = RequestTiming()) {
        self.timing = timing
        self.status = status
        self.headers = headers
        self.body = body
    }
}
