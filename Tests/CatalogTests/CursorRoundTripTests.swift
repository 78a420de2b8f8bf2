import Base
import Catalog
import TestSupport
import Testing

@Suite("what cursors carry")
struct CursorRoundTripTests {
    @Test("every form of filter, predicate, order and text is read back as it was printed")
    func roundTrip() throws {
        var random = SeededRandom(seed: 12)
        for _ in 0..<2_000 {
            let cursor = Self.cursor(&random)
            #expect(try QueryCursor(decoding: cursor.encoded) == cursor)
        }
    }

    private static func cursor(_ random: inout SeededRandom) -> QueryCursor {
        var cursor = QueryCursor(
            orderFields: (0..<Int.random(in: 0...2, using: &random)).map { _ in
                OrderField(
                    field: text(&random) + "x",
                    direction: Bool.random(using: &random) ? .ascending : .descending)
            }, orderFieldValues: values(&random), isPrevious: Bool.random(using: &random))
        if Bool.random(using: &random) { cursor.filter = filter(&random, depth: 4) }
        if Bool.random(using: &random) { cursor.query = .object([text(&random): .string(text(&random)), "n": 1.5]) }
        if Bool.random(using: &random) { cursor.firstSortFieldValues = values(&random) }
        if Bool.random(using: &random) { cursor.totalItems = Int.random(in: 0...Int.max, using: &random) }
        if Bool.random(using: &random) {
            let fields = Bool.random(using: &random) ? nil : [text(&random), text(&random)]
            cursor.fullTextFilter = FullTextFilter(term: text(&random), fields: fields)
        }
        return cursor
    }

    private static func filter(_ random: inout SeededRandom, depth: Int) -> EntityFilter {
        switch Int.random(in: 0..<(depth > 0 ? 6 : 3), using: &random) {
        case 0: .match(key: text(&random), values: nil)
        case 1:
            .match(key: text(&random), values: (0..<Int.random(in: 0...3, using: &random)).map { _ in text(&random) })
        case 2: .prefix(key: text(&random), text(&random))
        case 3: .allOf((0..<Int.random(in: 0...3, using: &random)).map { _ in filter(&random, depth: depth - 1) })
        case 4: .anyOf((0..<Int.random(in: 0...3, using: &random)).map { _ in filter(&random, depth: depth - 1) })
        default: .not(filter(&random, depth: depth - 1))
        }
    }

    private static func values(_ random: inout SeededRandom) -> [String?] {
        (0..<Int.random(in: 1...2, using: &random)).map { _ in Bool.random(using: &random) ? nil : text(&random) }
    }

    private static func text(_ random: inout SeededRandom) -> String {
        random.text(of: "aZ9 ,=:/\"\\\n\u{7F}é\u{1F600}\u{FEFF}", lengths: 0...6)
    }
}
