import Base
import HTTPServer
import Testing

@testable import API

@Suite("The envelope of answers")
struct EnvelopeTests {
    private func finished(_ response: HTTPServerResponse) throws -> HTTPHeaders {
        let request = HTTPServerRequest(
            method: "GET", target: try #require(RequestTarget("/")), headers: [:], body: [], remoteAddress: "", id: "")
        return Envelope().finish(response, to: request, .listed).headers
    }

    @Test("a page cannot be put into a frame, unless it says itself where it may be")
    func frames() throws {
        var page = HTTPServerResponse(status: 200, headers: ["Content-Type": "text/html; charset=utf-8"])
        #expect(try finished(page)["Content-Security-Policy"] == "frame-ancestors 'none'")
        page.headers.set("Content-Security-Policy", "default-src 'none'")
        #expect(try finished(page).all("Content-Security-Policy") == ["default-src 'none'"])
        #expect(try finished(.json(200, [:]))["Content-Security-Policy"] == nil)
    }
}
