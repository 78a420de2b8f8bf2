import Base
import TestSupport
import Testing

@Suite("Base64 and hexadecimal")
struct Base64Tests {
    private static let rfcVectors = [
        // RFC 4648 §10
        ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
        ("foobar", "Zm9vYmFy"),
    ]

    @Test("the RFC's vectors are written and read", arguments: rfcVectors)
    func vectors(plain: String, encoded: String) {
        #expect(Base64.encode(Array(plain.utf8)) == encoded)
        #expect(Base64.decode(encoded) == Array(plain.utf8))
        #expect(Base64.decode(encoded, alphabet: .urlSafe) == Array(plain.utf8))
        let unpadded = String(encoded.prefix { $0 != "=" })
        #expect(Base64.decode(unpadded, alphabet: .urlSafe) == Array(plain.utf8))
        #expect(Base64.decode(unpadded, strict: false) == Array(plain.utf8))
    }

    @Test(
        "strict reading refuses all but the one right form",
        arguments: [
            "Zg", "Zg=", "Zg===", "Zm8", "Z", "=", "==", "====", "Zm9v====", "Zm9v=", "Zh==", "Zm9=", "Zm9v\n", " Zm9v",
            "Zm 9v", "Zg==Zg==", "Z=g=", "Zm9-", "Zm9_", "Zm9*", "Zm9é", "Zm9\u{0}",
        ])
    func strict(text: String) {
        #expect(Base64.decode(text) == nil)
    }

    @Test("the two alphabets do not mix")
    func alphabets() {
        #expect(Base64.decode("+/+/") == [0xFB, 0xFF, 0xBF])
        #expect(Base64.decode("-_-_", alphabet: .urlSafe) == [0xFB, 0xFF, 0xBF])
        #expect(Base64.decode("-_-_") == nil)
        #expect(Base64.decode("+/+/", alphabet: .urlSafe) == nil)
    }

    @Test(
        "lenient reading skips white space and allows stray bits, and nothing more",
        arguments: [
            (" Zm\r\n9v\t", "foo"), ("Zg", "f"), ("Zh==", "f"), ("Zm9v====", nil), ("Z", nil), ("Zg=", nil),
            ("Zm*v", nil),
        ] as [(String, String?)])
    func lenient(text: String, expected: String?) {
        #expect(Base64.decode(text, strict: false) == expected.map { Array($0.utf8) })
    }

    @Test("any bytes come back")
    func roundTrip() {
        var random = SeededRandom(seed: 5)
        for length in 0..<200 {
            let bytes = (0..<length).map { _ in UInt8.random(in: 0...255, using: &random) }
            #expect(Base64.decode(Base64.encode(bytes)) == bytes)
        }
    }

    @Test("hexadecimal has two lower-case digits for each byte")
    func hexadecimal() {
        #expect(Hex.encode([0x00, 0x0F, 0xA0, 0xFF]) == "000fa0ff")
        #expect(Hex.encode([]).isEmpty)
    }
}
