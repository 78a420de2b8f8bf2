import Base
import Testing

@Suite("Key ring")
struct KeyRingTests {
    private static let (old, new) = (String(repeating: "old!", count: 8), String(repeating: "new!", count: 8))
    private let text = Array("who, and until when".utf8)

    @Test("what is signed is known again on every replica that has the secret, for its purpose alone")
    func signing() {
        let signature = KeyRing(secrets: [Self.old]).sign(text, for: "session")
        #expect(KeyRing(secrets: [Self.old]).verify(signature, of: text, for: "session"))
        #expect(!KeyRing(secrets: [Self.old]).verify(signature, of: text, for: "cursor"))
        #expect(!KeyRing(secrets: [Self.old]).verify(signature, of: text + [0], for: "session"))
        #expect(!KeyRing(secrets: [Self.new]).verify(signature, of: text, for: "session"))
        #expect(!KeyRing(secrets: [Self.old]).verify([], of: text, for: "session"))
    }

    @Test("a new secret in front makes, and the old one behind it still checks")
    func rotation() {
        let (before, during) = (KeyRing(secrets: [Self.old]), KeyRing(secrets: [Self.new, Self.old]))
        #expect(during.verify(before.sign(text, for: "a"), of: text, for: "a"))
        #expect(during.open(before.seal(text, for: "a"), for: "a") == text)
        #expect(before.open(during.seal(text, for: "a"), for: "a") == nil)
        #expect(!before.verify(during.sign(text, for: "a"), of: text, for: "a"))
    }

    @Test("what is sealed shows nothing and never looks the same twice", arguments: [0, 1, 16, 4_000])
    func sealing(count: Int) {
        let ring = KeyRing(secrets: [Self.old])
        let bytes = [UInt8](repeating: 0x61, count: count)
        let (one, other) = (ring.seal(bytes, for: "a"), ring.seal(bytes, for: "a"))
        #expect(one != other && one.count == count + 28)
        #expect(ring.open(one, for: "a") == bytes && ring.open(one, for: "b") == nil)
    }

    @Test("any changed byte, and any lost one, makes it worthless")
    func tampering() {
        let ring = KeyRing(secrets: [Self.old])
        let sealed = ring.seal(text, for: "a")
        for index in sealed.indices {
            var changed = sealed
            changed[index] ^= 1
            #expect(ring.open(changed, for: "a") == nil)
        }
        for count in 0..<sealed.count { #expect(ring.open(Array(sealed.prefix(count)), for: "a") == nil) }
    }

    @Test("a ring without a configured secret is of this process alone")
    func ephemeral() {
        let ring = KeyRing.ephemeral()
        #expect(!ring.isShared && KeyRing(secrets: [Self.old]).isShared)
        #expect(ring.open(ring.seal(text, for: "a"), for: "a") == text)
        #expect(KeyRing.ephemeral().open(ring.seal(text, for: "a"), for: "a") == nil)
    }
}
