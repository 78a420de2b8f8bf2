import Base
import Costs
import HTTPClient
import HTTPServer
import Testing

@testable import CostSources

@Suite("Webhooks")
struct WebhookClientTests {
    private static let moment = Timestamp(microseconds: 1_772_366_400_900_000)
    private static let envelope: JSONObject = [
        "version": 1, "id": "0a1b", "type": "budget", "title": "80 % of the budget of <b> & co", "instance": "main",
        "window": ["from": "2026-03-01T00:00:00Z", "to": "2026-03-02T00:00:00Z"], "data": ["spent": 8.5],
    ]
    private static let message = WebhookMessage(
        envelope: envelope,
        lines: [
            WebhookMessage.Line(text: "owner <!channel> & co", url: "https://portal/catalog/default/group/a"),
            WebhookMessage.Line(text: "8.50 EUR of 10.00 EUR spent", url: nil),
        ])

    @Test("the JSON form is the envelope, with headers that tell what it is, and a signature over time and body")
    func json() async throws {
        let receiver = try WebhookReceiver()
        let client = receiver.client(
            headers: [("Authorization", Secret("Bearer open-sesame"))], key: Secret("0123456789abcdef"))
        let result = await client.send(Self.message, at: Self.moment)
        #expect(result == WebhookClient.Result(outcome: .answer(status: 204), status: 204, error: nil))
        let got = try #require(receiver.got.first)
        #expect(got.method == "POST" && got.path == "/hook")
        #expect(try JSONValue(parsing: got.body) == .object(Self.envelope))
        let signed = Array("1772366400.".utf8) + got.body
        let signature = Hex.encode(hmacSHA256(signed, key: Array("0123456789abcdef".utf8)))
        for (name, value) in [
            ("Content-Type", "application/json"), ("User-Agent", "callboard/1.2.3"), ("X-Callboard-Event", "budget"),
            ("X-Callboard-Delivery", "0a1b"), ("X-Callboard-Timestamp", "1772366400"),
            ("X-Callboard-Signature", "sha256=\(signature)"), ("Authorization", "Bearer open-sesame"),
        ] {
            #expect(got.headers[name] == value, "\(name)")
        }
    }

    @Test("without a key there is no signature")
    func unsigned() async throws {
        let receiver = try WebhookReceiver()
        _ = await receiver.client().send(Self.message, at: Self.moment)
        #expect(receiver.got.first?.headers["X-Callboard-Signature"] == nil)
    }

    @Test("Slack's form has text and blocks, in which nothing is a mention or markup of ours")
    func slack() async throws {
        let receiver = try WebhookReceiver()
        _ = await receiver.client(format: .slack).send(Self.message, at: Self.moment)
        let body = try JSONValue(parsing: try #require(receiver.got.first).body)
        #expect(body["text"] == "80 % of the budget of &lt;b&gt; &amp; co")
        #expect(body["blocks"]?[0]?["text"] == ["type": "plain_text", "text": "80 % of the budget of <b> & co"])
        #expect(
            body["blocks"]?[1]?["text"]?["text"]
                == """
                <https://portal/catalog/default/group/a|owner &lt;!channel&gt; &amp; co>
                8.50 EUR of 10.00 EUR spent
                """)
        #expect(
            body["blocks"]?[2]?["elements"]?[0]?["text"]
                == "Callboard main, 2026-03-01T00:00:00Z – 2026-03-02T00:00:00Z")
    }

    @Test("Slack's bounds are kept, however much there is to say")
    func bounds() throws {
        let long = String(repeating: "<é&", count: 5_000)
        let lines = (0..<500).map {
            WebhookMessage.Line(text: "\($0) \(long)", url: "https://x/" + String(repeating: "a", count: $0))
        }
        let json = SlackMessage(title: long, lines: lines, footer: long).json
        let blocks = try #require(json["blocks"]?.arrayValue)
        #expect(blocks.count <= 50)
        #expect(blocks[0]["text"]?["text"]?.stringValue?.unicodeScalars.count == 150)
        for block in blocks.dropFirst() {
            let text = block["text"]?["text"] ?? block["elements"]?[0]?["text"]
            #expect((1...3_000).contains(text?.stringValue?.unicodeScalars.count ?? 0))
        }
        #expect(json["text"]?.stringValue?.unicodeScalars.count ?? 0 <= 40_000)
        let odd = WebhookMessage.Line(text: "a|b", url: "https://x/a>b")
        #expect(SlackMessage(title: "", lines: [odd], footer: "").json["blocks"]?[1]?["text"]?["text"] == "a|b")
    }

    @Test(
        "what a receiver refuses is told by its status and its words, if they are few and plain",
        arguments: [
            (500, [:], "", "answered 500", nil), (429, ["Retry-After": "120"], "", "answered 429", 120),
            (503, ["Retry-After": "Fri, 31 Dec 1999 23:59:59 GMT"], "", "answered 503", nil),
            (404, [:], "no_service", "answered 404: no_service", nil), (400, [:], "<html>", "answered 400", nil),
            (400, [:], String(repeating: "long", count: 50), "answered 400", nil),
            (302, ["Location": "/elsewhere"], "moved", "answered 302: a redirect is not followed", nil),
        ] as [(Int, HTTPHeaders, String, String, Int64?)])
    func refusals(status: Int, headers: HTTPHeaders, body: String, error: String, wish: Int64?) async throws {
        let receiver = try WebhookReceiver()
        receiver.answer(status, headers, body)
        let result = await receiver.client().send(Self.message, at: Self.moment)
        #expect(
            result
                == WebhookClient.Result(
                    outcome: .answer(status: status, retryAfter: wish), status: status, error: error))
        #expect(receiver.got.map(\.path) == ["/hook"], "no redirect is followed")
    }

    @Test("a receiver that is slow, breaks off or is not there gave no answer")
    func silence() async throws {
        let receiver = try WebhookReceiver()
        receiver.cut()
        let cut = await receiver.client().send(Self.message, at: Self.moment)
        #expect(cut.outcome == .failure && cut.status == nil && cut.error == "no answer (connectionLost)")
        receiver.answer(200)
        let slow = await receiver.client("/slow", deadline: .milliseconds(100)).send(Self.message, at: Self.moment)
        receiver.release()
        #expect(slow.outcome == .failure && slow.error == "no answer (timeout)")
        let nobody = Webhook(name: "x", url: Secret("http://127.0.0.1:1/secret-path"))
        let gone = await WebhookClient(nobody, http: receiver.http, version: "1").send(Self.message, at: Self.moment)
        #expect(gone.outcome == .failure && gone.error == "no answer (cannotConnect)")
        let broken = Webhook(name: "x", url: Secret("https://[nonsense"))
        let refused = await WebhookClient(broken, http: receiver.http, version: "1").send(Self.message, at: Self.moment)
        #expect(refused.outcome == .unsendable)
    }

    @Test("our own end is no failure of the receiver")
    func cancelled() async throws {
        let receiver = try WebhookReceiver()
        let client = receiver.client()
        receiver.http.shutdown()
        #expect(await client.send(Self.message, at: Self.moment).isCancelled)
    }

    @Test("no part of a URL, no header and no key is shown, also where the receiver repeats it")
    func secrets() async throws {
        let receiver = try WebhookReceiver()
        let client = receiver.client(
            "/services/T0000AAAA/xyzzy-plugh?token=tok-12345",
            headers: [("Authorization", Secret("Bearer open-sesame"))],
            key: Secret("0123456789abcdef"))
        for word in ["T0000AAAA", "xyzzy-plugh", "tok-12345", "open-sesame", "0123456789abcdef"] {
            receiver.answer(401, [:], "bad: \(word)!")
            let error = await client.send(Self.message, at: Self.moment).error
            #expect(error == "answered 401: bad: \(String(repeating: "*", count: word.count))!")
            var dumped = ""
            dump(client.webhook, to: &dumped)
            #expect(!dumped.contains(word) && !"\(client.webhook)".contains(word))
        }
    }
}
