import Testing

@testable import KubeClient

@Suite("Kubernetes errors")
struct KubernetesErrorTests {
    @Test("a Status is read from protobuf, as a server writes it")
    func protobuf() {
        let bytes = Wire.envelope(
            "Status",
            Wire.status(code: 504, reason: "Timeout", message: "Too large", causes: ["ResourceVersionTooLarge"]))
        let status = Status(body: bytes, httpStatus: 504)
        #expect(status.message == "Too large")
        #expect(status.reason == "Timeout")
        #expect(status.causes == [Status.Cause(reason: "ResourceVersionTooLarge", message: "because", field: "field")])
        #expect(KubernetesError(status, request: "GET /").code == .versionTooLarge)
    }

    @Test("a Status is read from JSON")
    func json() {
        let body =
            #"{"kind":"Status","apiVersion":"v1","status":"Failure","message":"exists","reason":"AlreadyExists","#
            + #""details":{"causes":[{"reason":"r","message":"m","field":"f"}],"retryAfterSeconds":3},"code":409}"#
        let status = Status(body: Array(body.utf8), httpStatus: 409)
        #expect(status.causes == [Status.Cause(reason: "r", message: "m", field: "f")])
        let error = KubernetesError(status, request: "POST /api/v1/namespaces")
        #expect(error.code == .alreadyExists)
        #expect(error.retryAfter == .seconds(3))
        #expect(error.description == "POST /api/v1/namespaces: 409 exists (alreadyExists)")
    }

    @Test("any other body gives its text, cut, and the HTTP status")
    func text() {
        let busy = Status(body: Array("Too many requests, please try again later.\n".utf8), httpStatus: 429)
        #expect(busy == Status(message: "Too many requests, please try again later.", code: 429))
        #expect(KubernetesError(busy, request: "GET /", retryAfter: "7").retryAfter == .seconds(7))
        let page = Status(body: [UInt8](repeating: UInt8(ascii: "x"), count: 100_000), httpStatus: 502)
        #expect(page.message.count == 512)
        #expect(Status(body: [0x6B, 0x38, 0x73, 0x00, 0xFF], httpStatus: 500).code == 500)
        #expect(Status(body: [], httpStatus: 503) == Status(code: 503))
    }

    @Test(
        "each status has its code",
        arguments: [
            (400, "BadRequest", .badRequest), (401, "", .unauthorized), (403, "Forbidden", .forbidden),
            (404, "NotFound", .notFound), (409, "Conflict", .conflict), (409, "AlreadyExists", .alreadyExists),
            (410, "Expired", .gone), (410, "Gone", .gone), (415, "", .refused), (422, "Invalid", .invalid),
            (429, "", .tooManyRequests), (500, "", .serverError), (502, "", .serverError), (503, "", .unavailable),
            (504, "Timeout", .serverTimeout), (302, "", .refused),
        ] as [(Int, String, KubernetesError.Code)])
    func codes(status: Int, reason: String, code: KubernetesError.Code) {
        #expect(KubernetesError(Status(reason: reason, code: status), request: "").code == code)
    }
}
