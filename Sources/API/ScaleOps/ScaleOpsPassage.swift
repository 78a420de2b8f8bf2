internal import Base
internal import CostSources
internal import HTTPServer

/// An answer of ScaleOps on its way to who asked.
enum ScaleOpsPassage {
    /// The fields that go on; others are between Callboard and ScaleOps, cookies above all.
    private static let fields = [
        "Content-Type", "Content-Disposition", "Content-Language", "Cache-Control", "ETag", "Last-Modified",
        "Retry-After",
    ]
    /// What fits in here is waited for, so that an answer that breaks off is an error and not half an answer.
    private static let heldBytes = 256 << 10

    /// - Parameters:
    ///   - isHead: there is no body, and nobody knows how long that of `GET` is.
    ///   - sendingTime: for who asked to take what is not waited for; the answer is cut then, since it keeps others from
    ///     asking.
    /// - Throws: `ScaleOpsError` when it breaks off at its beginning.
    static func response(
        to answer: ScaleOpsAnswer, isHead: Bool, sendingTime: Duration
    ) async throws(ScaleOpsError) -> HTTPServerResponse {
        var body = answer.body
        var head: [UInt8] = []
        while head.count < heldBytes {
            guard let piece = try await body.next() else {
                // Bytes would go out with their length, a stream has none.
                return HTTPServerResponse(
                    status: answer.status, headers: headers(answer.headers),
                    body: isHead ? .stream { _ in } : .bytes(head))
            }
            head += piece
        }
        return HTTPServerResponse(
            status: answer.status, headers: headers(answer.headers),
            body: .stream { [head, body] writer in
                try await sending(within: sendingTime) { try await write(head, body, to: writer) }
            })
    }

    private static func write(_ head: [UInt8], _ body: ScaleOpsBody, to writer: HTTPBodyWriter) async throws {
        try await writer.write(head)
        var rest = body
        while let piece = try await rest.next() { try await writer.write(piece) }
    }

    private static func headers(_ answered: HTTPHeaders) -> HTTPHeaders {
        // A page of ScaleOps must not act as one of ours: it would have the rights of who looks at it.
        var headers: HTTPHeaders = ["X-Content-Type-Options": "nosniff", "Content-Security-Policy": "sandbox"]
        for name in fields {
            if let value = answered[name] { headers.set(name, value) }
        }
        return headers
    }
}
