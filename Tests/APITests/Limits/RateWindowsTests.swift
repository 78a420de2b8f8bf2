import Base
import HTTPServer
import TestSupport
import Testing

@testable import API

@Suite("Who comes too often")
struct RateWindowsTests {
    private static let rule = RateLimit(limit: 3, window: .seconds(60))

    @Test("as many as may come do, then it is said when the next one may, and that is true")
    func limit() {
        var windows = RateWindows<String>(Self.rule)
        let first = (0..<5).map { _ in windows.take("a", at: .seconds(10)) }
        #expect(first.map(\.isAllowed) == [true, true, true, false, false])
        #expect(first.prefix(3).map(\.remaining) == [2, 1, 0])
        let wait = first[4].wait
        #expect(!windows.look("a", at: .seconds(10) + wait - .milliseconds(1)).isAllowed)
        #expect(windows.take("a", at: .seconds(10) + wait + .milliseconds(1)).isAllowed)
    }

    @Test("one caller's number is not another's")
    func apart() {
        var windows = RateWindows<String>(Self.rule)
        for _ in 0..<9 { _ = windows.take("a", at: .zero) }
        #expect(windows.take("b", at: .zero).isAllowed)
    }

    @Test("who waits for the border of a window does not get twice as much there")
    func border() {
        var windows = RateWindows<String>(Self.rule)
        for _ in 0..<3 { _ = windows.take("a", at: .seconds(59)) }
        #expect(!windows.take("a", at: .seconds(61)).isAllowed)
        #expect(windows.take("a", at: .seconds(181)).isAllowed)
    }

    @Test("what is given back may be taken again")
    func givenBack() {
        var windows = RateWindows<String>(Self.rule)
        for _ in 0..<50 {
            #expect(windows.take("a", at: .zero).isAllowed)
            windows.giveBack("a", at: .zero)
        }
    }

    @Test("those who are too many to be told apart share a number; those who are known keep theirs")
    func crowd() {
        var windows = RateWindows<Int>(Self.rule, maximumKeys: 2)
        for key in 0..<2 { #expect(windows.take(key, at: .zero).isAllowed) }
        #expect((10..<20).count { windows.take($0, at: .zero).isAllowed } == 3)
        #expect(windows.take(0, at: .zero).isAllowed)
    }

    @Test("in no window do more come than may, and who waits as told is let in", arguments: 0..<30 as Range<UInt64>)
    func random(_ seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let rule = RateLimit(limit: Int.random(in: 1...20, using: &random), window: .seconds(10))
        var windows = RateWindows<Int>(rule)
        var now = Duration.zero
        var taken: [Int: Int] = [:]
        for _ in 0..<500 {
            now += .milliseconds(Int.random(in: 0...1_500, using: &random))
            let verdict = windows.take(1, at: now)
            if verdict.isAllowed {
                taken[Int(now / rule.window), default: 0] += 1
            } else {
                #expect(verdict.wait > .zero && verdict.wait <= rule.window * 2)
                if Bool.random(using: &random) {
                    now += verdict.wait + .milliseconds(1)
                    #expect(windows.take(1, at: now).isAllowed)
                    taken[Int(now / rule.window), default: 0] += 1
                }
            }
        }
        #expect(taken.values.allSatisfy { $0 <= rule.limit })
    }

    @Test(
        "the client is the nearest address that is no trusted proxy",
        arguments: [
            ("10.0.0.9", [], "10.0.0.9"), ("10.0.0.9", ["1.2.3.4"], "1.2.3.4"),
            ("10.0.0.9", ["6.6.6.6, 1.2.3.4, 10.1.1.1"], "1.2.3.4"), ("10.0.0.9", ["6.6.6.6", "1.2.3.4"], "1.2.3.4"),
            ("192.168.0.1", ["1.2.3.4"], "192.168.0.1"), ("10.0.0.9", ["junk"], "10.0.0.9"),
            ("10.0.0.9", ["1.2.3.4, junk"], "10.0.0.9"), ("::ffff:10.0.0.9", ["2001:db8::1"], "2001:db8::1"),
            ("10.0.0.9", ["10.0.0.1, 10.0.0.2"], "10.0.0.1"), ("", ["1.2.3.4"], ""),
            ("10.0.0.9", ["1.2.3.4:51234, 10.1.1.1:80"], "1.2.3.4"), ("10.0.0.9", ["[2001:db8::1]:443"], "2001:db8::1"),
        ] as [(String, [String], String)])
    func client(_ peer: String, _ fields: [String], _ client: String) throws {
        let addresses = ClientAddresses(trusted: [try #require(IPNetwork("10.0.0.0/8"))])
        #expect(addresses.client(of: try Self.request(from: peer, fields)) == client)
        #expect(ClientAddresses().client(of: try Self.request(from: peer, fields)) == peer)
    }

    private static func request(from peer: String, _ forwarded: [String]) throws -> HTTPServerRequest {
        var headers = HTTPHeaders()
        for field in forwarded { headers.add("X-Forwarded-For", field) }
        return HTTPServerRequest(
            method: "GET", target: try #require(RequestTarget("/x")), headers: headers, body: [], remoteAddress: peer,
            id: "r")
    }
}

@Suite("Networks")
struct IPNetworkTests {
    @Test(
        "holds the addresses that begin alike",
        arguments: [
            ("10.0.0.0/8", "10.255.1.2", true), ("10.0.0.0/8", "11.0.0.1", false),
            ("10.128.0.0/9", "10.127.255.255", false), ("10.128.0.0/9", "10.128.0.0", true),
            ("0.0.0.0/0", "1.2.3.4", true), ("0.0.0.0/0", "::1", false), ("::1", "::1", true),
            ("127.0.0.1", "::ffff:127.0.0.1", true), ("2001:db8::/33", "2001:db8:7fff::1", true),
            ("2001:db8::/33", "2001:db8:8000::1", false), ("1.2.3.4/32", "1.2.3.5", false),
        ])
    func contains(_ network: String, _ address: String, _ isIn: Bool) throws {
        #expect(try #require(IPNetwork(network)).contains(try #require(IPAddress(address))) == isIn)
    }

    @Test(
        "is not read from what is none",
        arguments: ["", "10.0.0.0/33", "10.0.0/8", "::/129", "a", "1.2.3.4/", "1.2.3.4/+8", "1.2.3.4/8/8"])
    func malformed(_ text: String) { #expect(IPNetwork(text) == nil) }
}
