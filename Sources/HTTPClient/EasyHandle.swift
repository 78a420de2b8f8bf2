internal import Base
internal import CCurl
internal import Glibc

/// A libcurl easy handle set up for one request. Used on the loop's thread only.
final class EasyHandle {
    let pointer: UnsafeMutableRawPointer
    private let errorText: UnsafeMutablePointer<CChar>
    private var lists: [UnsafeMutablePointer<curl_slist>] = []
    private var looksUpName = false

    /// - Throws: `HTTPClientError` with `invalidRequest`, or `other` when libcurl is out of memory.
    init(_ transfer: Transfer) throws(HTTPClientError) {
        guard let pointer = curl_easy_init() else { throw transfer.error(.other, "libcurl is out of memory") }
        self.pointer = pointer
        errorText = .allocate(capacity: Int(CURL_ERROR_SIZE))
        errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
        try configure(transfer)
    }

    deinit {
        curl_easy_cleanup(pointer)
        for list in lists { curl_slist_free_all(list) }
        errorText.deallocate()
    }

    /// libcurl's words about what went wrong; empty when it had none.
    var problem: String { String(cString: errorText) }

    /// How long looking up the name took; nil when there was none, or a connection was there already.
    var nameLookup: Duration? {
        var (connections, microseconds) = (0, curl_off_t())
        callboard_curl_get_long(pointer, CURLINFO_NUM_CONNECTS, &connections)
        callboard_curl_get_offset(pointer, CURLINFO_NAMELOOKUP_TIME_T, &microseconds)
        return looksUpName && connections > 0 ? .microseconds(microseconds) : nil
    }

    /// Whether the request has been sent: there was a connection, TLS and proxy included.
    var hadConnection: Bool {
        var microseconds = curl_off_t()
        callboard_curl_get_offset(pointer, CURLINFO_PRETRANSFER_TIME_T, &microseconds)
        return microseconds > 0
    }

    func set(_ option: CURLoption, _ value: Int) { callboard_curl_set_long(pointer, option, value) }
    func set(_ option: CURLoption, _ value: String?) { callboard_curl_set_text(pointer, option, value) }

    private func set(_ option: CURLoption, blob: [UInt8]?) {
        guard let blob else { return }
        callboard_curl_set_blob(pointer, option, blob, blob.count)
    }

    private func set(_ option: CURLoption, list lines: [String]) {
        var list: UnsafeMutablePointer<curl_slist>?
        for line in lines { list = curl_slist_append(list, line) }
        guard let list else { return }
        lists.append(list)
        callboard_curl_set_pointer(pointer, option, list)
    }

    private func configure(_ transfer: Transfer) throws(HTTPClientError) {
        let request = transfer.request
        guard let url = RequestURL(request.url, serverName: request.tls.serverName, address: request.address) else {
            throw transfer.error(.invalidRequest, "expected an absolute http or https URL")
        }
        callboard_curl_set_pointer(pointer, CURLOPT_ERRORBUFFER, errorText)
        set(CURLOPT_URL, url.text)
        set(CURLOPT_PATH_AS_IS, 1)
        set(CURLOPT_PROTOCOLS_STR, "http,https")
        set(CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1)
        set(CURLOPT_NOSIGNAL, 1)
        // The most that libcurl 7.88 allows (CURL_MAX_READ_SIZE).
        set(CURLOPT_BUFFERSIZE, 512 << 10)
        if let list = url.connectTo { set(CURLOPT_CONNECT_TO, list: [list]) }
        looksUpName = url.hasName
        configureTimes(request)
        configureProxy(request, isLoopback: url.isLoopback)
        configureTLS(request.tls)
        configureMethod(request)
        set(CURLOPT_HTTPHEADER, list: try headerLines(transfer, hostField: url.hostField))
    }

    private func configureTimes(_ request: HTTPRequest) {
        set(CURLOPT_CONNECTTIMEOUT_MS, request.connectTimeout.milliseconds)
        if let total = request.totalTimeout { set(CURLOPT_TIMEOUT_MS, total.milliseconds) }
        set(CURLOPT_TCP_KEEPALIVE, 1)
        set(CURLOPT_TCP_KEEPIDLE, 30)
        set(CURLOPT_TCP_KEEPINTVL, 10)
        callboard_curl_set_socket_options(pointer) { _, socket, _ in
            // Half-open connections end after 30 s without acknowledgement; the same as client-go's HTTP/2 health
            // check.
            var milliseconds: UInt32 = 30_000
            setsockopt(
                socket, Int32(IPPROTO_TCP), TCP_USER_TIMEOUT, &milliseconds, socklen_t(MemoryLayout<UInt32>.size))
            return CURL_SOCKOPT_OK
        }
    }

    private func configureProxy(_ request: HTTPRequest, isLoopback: Bool) {
        if let proxy = request.proxy {
            set(CURLOPT_PROXY, proxy)
            // `no_proxy` qualifies the environment's proxies, not one that was asked for.
            set(CURLOPT_NOPROXY, "")
        } else if isLoopback {
            set(CURLOPT_PROXY, "")
        }
        set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
        configureTLSOfProxy(request.tls)
    }

    /// A proxy that is reached over TLS is trusted as the server is: so does Go, hence kubectl.
    private func configureTLSOfProxy(_ tls: TLSOptions) {
        set(CURLOPT_PROXY_SSLVERSION, CURL_SSLVERSION_TLSv1_2)
        if let authority = tls.certificateAuthorityPEM {
            set(CURLOPT_PROXY_CAINFO_BLOB, blob: authority)
            set(CURLOPT_PROXY_CAPATH, nil)
        }
        if tls.insecureSkipVerify {
            set(CURLOPT_PROXY_SSL_VERIFYPEER, 0)
            set(CURLOPT_PROXY_SSL_VERIFYHOST, 0)
        }
    }

    private func configureTLS(_ tls: TLSOptions) {
        set(CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2)
        if let authority = tls.certificateAuthorityPEM {
            set(CURLOPT_CAINFO_BLOB, blob: authority)
            // The system's directory would be trusted beside it.
            set(CURLOPT_CAPATH, nil)
        }
        set(CURLOPT_SSLCERT_BLOB, blob: tls.clientCertificatePEM)
        set(CURLOPT_SSLKEY_BLOB, blob: tls.clientKeyPEM)
        if tls.insecureSkipVerify {
            set(CURLOPT_SSL_VERIFYPEER, 0)
            set(CURLOPT_SSL_VERIFYHOST, 0)
        }
    }

    private func configureMethod(_ request: HTTPRequest) {
        let expectsBody = ["POST", "PUT", "PATCH"].contains(request.method)
        if let body = request.body ?? (expectsBody ? [] : nil) {
            callboard_curl_set_offset(pointer, CURLOPT_POSTFIELDSIZE_LARGE, body.count)
            body.withUnsafeBytes { bytes in
                // A null pointer would make libcurl ask for the body by a callback.
                let empty: StaticString = ""
                let start = bytes.baseAddress ?? UnsafeRawPointer(empty.utf8Start)
                callboard_curl_set_pointer(pointer, CURLOPT_COPYPOSTFIELDS, UnsafeMutableRawPointer(mutating: start))
            }
        }
        if request.method == "HEAD" {
            set(CURLOPT_NOBODY, 1)
        } else {
            set(CURLOPT_CUSTOMREQUEST, request.method)
        }
    }

    /// The fields as libcurl wants them. It writes `Content-Length` and the like; fields of its own that callers do not
    /// expect are switched off by a name without value.
    private func headerLines(_ transfer: Transfer, hostField: String?) throws(HTTPClientError) -> [String] {
        let request = transfer.request
        guard isToken(request.method) else {
            throw transfer.error(.invalidRequest, "expected a method that is an HTTP token")
        }
        var lines: [String] = []
        for (name, value) in request.headers {
            guard isToken(name), isFieldValue(value) else {
                throw transfer.error(.invalidRequest, "a header field holds characters that HTTP does not allow")
            }
            switch name.lowercased() {
            case "content-length", "transfer-encoding", "connection", "expect": continue
            // Given as an option, so that libcurl decompresses what it asked for.
            case "accept-encoding": set(CURLOPT_ACCEPT_ENCODING, value)
            default: lines.append(value.isEmpty ? "\(name);" : "\(name): \(value)")
            }
        }
        lines.append("Expect:")
        if request.headers["Content-Type"] == nil { lines.append("Content-Type:") }
        if request.headers["User-Agent"] == nil { lines.append("User-Agent: callboard") }
        if let hostField, request.headers["Host"] == nil { lines.append("Host: \(hostField)") }
        return lines
    }
}

/// RFC 9110 §5.6.2.
private func isToken(_ text: String) -> Bool {
    !text.isEmpty
        && text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                true
            default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
            }
        }
}

/// RFC 9110 §5.5: no line breaks and no NUL, which would end the value or the field.
private func isFieldValue(_ text: String) -> Bool {
    text.utf8.allSatisfy { ($0 >= 0x20 && $0 != 0x7F) || $0 == 0x09 }
}

extension Duration {
    /// At least 1: libcurl reads 0 as its default.
    fileprivate var milliseconds: Int {
        let whole = components.seconds.multipliedReportingOverflow(by: 1000)
        guard !whole.overflow else { return Int(Int32.max) }
        return max(1, min(Int(Int32.max), Int(whole.partialValue + components.attoseconds / 1_000_000_000_000_000)))
    }
}
