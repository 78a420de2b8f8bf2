internal import CCurl

extension HTTPClientError.Code {
    /// - Parameters:
    ///   - words: libcurl's error text, which alone tells a TLS alert after the handshake (how TLS 1.3 refuses a client
    ///     certificate) and a proxy's refusal from a broken connection.
    ///   - hadConnection: whether the request could be sent. Time that passed before that is not the server's silence.
    init(_ result: CURLcode, words: String, hadConnection: Bool) {
        self =
            switch result {
            case CURLE_URL_MALFORMAT, CURLE_BAD_FUNCTION_ARGUMENT: .invalidRequest
            case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY: .cannotResolve
            case CURLE_COULDNT_CONNECT, CURLE_PROXY, CURLE_INTERFACE_FAILED: .cannotConnect
            case CURLE_OPERATION_TIMEDOUT: hadConnection ? .timeout : .cannotConnect
            case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CERTPROBLEM, CURLE_SSL_CIPHER,
                CURLE_SSL_CACERT_BADFILE, CURLE_SSL_CRL_BADFILE, CURLE_SSL_ISSUER_ERROR, CURLE_SSL_CLIENTCERT,
                CURLE_SSL_ENGINE_NOTFOUND, CURLE_SSL_ENGINE_SETFAILED, CURLE_SSL_INVALIDCERTSTATUS:
                .tls
            case CURLE_RECV_ERROR where words.contains("CONNECT tunnel"): .cannotConnect
            case CURLE_RECV_ERROR where words.contains(" alert "), CURLE_SEND_ERROR where words.contains(" alert "):
                .tls
            case CURLE_RECV_ERROR, CURLE_SEND_ERROR, CURLE_PARTIAL_FILE, CURLE_GOT_NOTHING: .connectionLost
            default: .other
            }
    }
}
