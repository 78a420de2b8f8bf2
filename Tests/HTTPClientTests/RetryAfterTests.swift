import Base
import HTTPClient
import Testing

@Suite("Retry-After")
struct RetryAfterTests {
    @Test(
        "a wait is told in seconds or by a date",
        arguments: [
            ("120", 120), ("0", 0), ("Sun, 06 Nov 1994 08:50:07 GMT", 30), ("Sun, 06 Nov 1994 08:49:37 GMT", nil),
            ("Fri, 31 Dec 1993 23:59:59 GMT", nil), ("Sat, 01 Jan 2000 00:00:00 GMT", 162_573_023),
            ("Sunday, 06-Nov-94 08:50:07 GMT", nil), ("Sun Nov  6 08:50:07 1994", nil), ("soon", nil), ("", nil),
            ("Sun, 06 Nov 1994 08:50:07 CET", nil), ("Sun, 31 Feb 1995 08:50:07 GMT", nil), ("1.5", nil),
        ] as [(String, Int64?)])
    func waits(text: String, seconds: Int64?) {
        // Sun, 06 Nov 1994 08:49:37 GMT
        let headers: HTTPHeaders = ["Retry-After": text]
        #expect(headers.retryAfterSeconds(at: Timestamp(seconds: 784_111_777)) == seconds)
        #expect(HTTPHeaders().retryAfterSeconds() == nil)
    }
}
