import Base
import TestSupport
import Testing

@testable import CostSources

@Suite("Secrets")
struct SecretTests {
    @Test("printing a secret, or what holds it, does not show it")
    func printing() {
        let secret = Secret("open sesame")
        let application = AzureApplication(tokenURL: "https://x", clientID: "a", clientSecret: secret)
        for shown: Any in [
            secret, ScaleOpsCredentials.login(user: "u", password: secret), ScaleOpsCredentials.azure(application),
            ScaleOpsEndpoint(baseURL: "https://x", credentials: .bearer(secret)), [secret],
        ] {
            var dumped = ""
            dump(shown, to: &dumped)
            for text in ["\(shown)", String(reflecting: shown), dumped] { #expect(!text.contains("sesame"), "\(text)") }
        }
    }

    @Test("secrets are covered wherever a text is cut into pieces")
    func pieces() {
        var random = SeededRandom(seed: 7)
        let secrets = ["abcabd", "token-1", "aaaaaaaa", "short"]
        for _ in 0..<2_000 {
            let parts = (0..<Int.random(in: 0...8, using: &random)).map { _ in
                ["abcabd", "token-1", "aaaaaaaa", "short", "abc", "tok", "aaa", "x"].randomElement(using: &random) ?? ""
            }
            let text = Array(parts.joined().utf8)
            var mask = SecretMask(secrets.map(Secret.init))
            var (covered, rest): ([UInt8], ArraySlice<UInt8>) = ([], text[...])
            while !rest.isEmpty {
                let size = Int.random(in: 1...5, using: &random)
                covered += mask.pass(Array(rest.prefix(size)))
                rest = rest.dropFirst(size)
            }
            covered += mask.end()
            #expect(covered.count == text.count)
            let shown = String(decoding: covered, as: UTF8.self)
            for secret in secrets where secret.utf8.count >= Secret.minimumLength {
                #expect(!shown.contains(secret), "\(parts)")
            }
            for (old, new) in zip(text, covered) { #expect(new == old || new == UInt8(ascii: "*")) }
        }
        #expect(SecretMask.masked("my token-1 is short", secrets.map(Secret.init)) == "my ******* is short")
        #expect(SecretMask.masked("nothing", []) == "nothing")
    }
}

@Suite("Slots")
struct SlotsTests {
    private var soon: ContinuousClock.Instant { .now + .seconds(60) }

    @Test("no more than there are places work at once, those who wait go on in their order, and too many are refused")
    func bounds() async throws {
        let slots = Slots(count: 1, maximumWaiting: 1)
        var first = await slots.take(until: soon)
        #expect(first != nil)
        await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<3 { group.addTask { await slots.take(until: soon) != nil } }
            // Whoever it is that waits, the others do not.
            for _ in 0..<2 { #expect(await group.next() == false) }
            _ = first
            first = nil
            #expect(await group.next() == true)
        }
        #expect(await slots.take(until: soon) != nil)
    }

    @Test("who stops waiting, and who waited in vain, leaves the place to others")
    func leaving() async throws {
        let slots = Slots(count: 1, maximumWaiting: 1)
        var held = await slots.take(until: soon)
        #expect(await slots.take(until: .now) == nil)
        await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<2 { group.addTask { await slots.take(until: soon) != nil } }
            // One was refused, so the other one waits.
            #expect(await group.next() == false)
            group.cancelAll()
            #expect(await group.next() == false)
        }
        #expect(held != nil)
        held = nil
        #expect(await slots.take(until: .now) != nil)
    }
}
