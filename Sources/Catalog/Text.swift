internal import Base

extension StringProtocol {
    /// Without leading and trailing white space, as JavaScript's `trim` sees white space.
    var trimmed: String {
        let scalars = unicodeScalars
        guard let first = scalars.firstIndex(where: { !$0.isSpace }),
            let last = scalars.lastIndex(where: { !$0.isSpace })
        else { return "" }
        return String(String.UnicodeScalarView(scalars[first...last]))
    }

    /// PostgreSQL's `text` can hold every character but U+0000.
    var hasNUL: Bool { utf8.contains(0) }

    /// The parts between separators, empty ones too. Looks at scalars: a `Character` may hold a separator inside it.
    func parts(separatedBy separator: Unicode.Scalar) -> [String] {
        unicodeScalars.split(separator: separator, omittingEmptySubsequences: false)
            .map { String(String.UnicodeScalarView($0)) }
    }

    /// Fit to be kept in the database and shown: what it cannot hold is replaced, and what nobody reads is cut off.
    var storable: String {
        let limit = 1_000
        let kept = unicodeScalars.prefix(limit).map { $0.value == 0 ? "\u{FFFD}" : $0 }
        return String(String.UnicodeScalarView(kept)) + (unicodeScalars.dropFirst(limit).isEmpty ? "" : "…")
    }

    /// The parts between commas, trimmed, blank ones left out.
    var commaList: [String] {
        parts(separatedBy: ",").map(\.trimmed).filter { !$0.isEmpty }
    }
}

extension Unicode.Scalar {
    /// U+FEFF is white space to JavaScript and not to Unicode.
    fileprivate var isSpace: Bool { properties.isWhitespace || value == 0xFEFF }
}

extension JSONValue {
    /// The elements of an array of nothing but strings; nil for anything else.
    var strings: [String]? { arrayValue?.mapOrNil(\.stringValue) }
}

extension Sequence {
    /// All results; nil when one of them is nil.
    package func mapOrNil<Result>(_ transform: (Element) -> Result?) -> [Result]? {
        var results: [Result] = []
        for element in self {
            guard let result = transform(element) else { return nil }
            results.append(result)
        }
        return results
    }
}
