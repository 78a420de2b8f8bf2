import Catalog
import TestSupport
import Testing

@Suite("spelling")
struct SpellingTests {
    @Test(
        "names with a slip or two are near, others are not",
        arguments: [
            ("checkout", "chekout", 1), ("checkout", "chekcout", 2), ("checkout", "checkout", 0),
            ("checkout", "check", nil), ("shop", "shup", 1), ("shop", "stoop", nil), ("ab", "ac", nil), ("ab", "ab", 0),
            ("größe", "grösse", nil), ("größer", "grösser", 2),
        ] as [(String, String, Int?)])
    func near(name: String, other: String, distance: Int?) {
        #expect(Spelling(of: name).distance(to: other) == distance)
    }

    @Test("whatever is near has a fitting length and holds a piece, so nothing near is passed over")
    func pieces() {
        var random = SeededRandom(seed: 4)
        for _ in 0..<5_000 {
            let name = random.text(of: "abc-", lengths: 1...12)
            let spelling = Spelling(of: name)
            let other = slips(in: name, count: Int.random(in: 0...2, using: &random), using: &random)
            guard spelling.distance(to: other) != nil else { continue }
            #expect(spelling.lengths.contains(other.unicodeScalars.count), "\(name) \(other)")
            #expect(spelling.pieces.contains { other.contains($0) }, "\(name) \(other)")
        }
    }

    private func slips(in name: String, count: Int, using random: inout SeededRandom) -> String {
        var letters = Array(name)
        for _ in 0..<count {
            let index = Int.random(in: 0...letters.count, using: &random)
            switch Int.random(in: 0..<3, using: &random) {
            case 0: letters.insert("x", at: index)
            case 1 where index < letters.count && letters.count > 1: letters.remove(at: index)
            case 2 where index < letters.count: letters[index] = "y"
            default: break
            }
        }
        return String(letters)
    }
}
