/// A pattern of locations as `catalog.rules` write them: `*` and `?` within one part of a path, `**` for any number of
/// parts, `[a-z]` for one character, `{a,b}` for either. Letter case does not count, and names that begin with a dot match
/// like any other; `.` and `..` match nothing but themselves.
package struct Glob: Sendable, Hashable {
    /// As written.
    package let text: String
    /// One of these must match; each is the parts between slashes.
    private let alternatives: [[[Token]]]

    private static let maximumAlternatives = 1_000

    private enum Token: Hashable {
        case one(Unicode.Scalar)
        case anyOne
        case anyRun
        case set([ClosedRange<Unicode.Scalar>], isNegated: Bool)
    }

    /// - Returns: nil when its braces stand for more than 1,000 patterns.
    package init?(_ text: String) {
        var expanded: [String] = []
        guard Self.expand(Array(text.lowercased()), into: &expanded) else { return nil }
        self.text = text
        alternatives = expanded.map { Self.parts($0).map(Self.tokens) }
    }

    /// Whether the whole text has this pattern.
    package func matches(_ text: String) -> Bool {
        let parts = Self.parts(text.lowercased()).map { Array($0.unicodeScalars) }
        return alternatives.contains { Self.match($0[...], parts[...]) }
    }
}

extension Glob {
    /// Several slashes count as one, as in the matchers that the compatible systems use.
    private static func parts(_ text: String) -> [String] { text.split(separator: "/").map(String.init) }

    /// Replaces the first group of braces by each of its members, and so on.
    private static func expand(_ text: [Character], into results: inout [String]) -> Bool {
        guard let group = group(in: text) else {
            results.append(String(text))
            return results.count <= maximumAlternatives
        }
        for member in group.members {
            let next = text[..<group.range.lowerBound] + member + text[group.range.upperBound...]
            guard expand(Array(next), into: &results) else { return false }
        }
        return true
    }

    /// The first `{…}` that is closed and holds a comma.
    private static func group(in text: [Character]) -> (range: Range<Int>, members: [ArraySlice<Character>])? {
        for start in text.indices where text[start] == "{" {
            var depth = 0
            var members: [ArraySlice<Character>] = []
            var begin = start + 1
            for index in start..<text.count {
                switch text[index] {
                case "{": depth += 1
                case "}": depth -= 1
                default: break
                }
                let isEnd = depth == 0
                guard isEnd || depth == 1 && text[index] == "," else { continue }
                members.append(text[begin..<index])
                begin = index + 1
                if isEnd { break }
            }
            if depth == 0, members.count > 1 { return (start..<begin, members) }
        }
        return nil
    }

    private static func tokens(_ part: String) -> [Token] {
        let scalars = Array(part.unicodeScalars)
        var tokens: [Token] = []
        var index = 0
        while index < scalars.count {
            switch scalars[index] {
            case "*": tokens.append(.anyRun)
            case "?": tokens.append(.anyOne)
            case "[":
                if let (set, end) = set(scalars, from: index) {
                    tokens.append(set)
                    index = end
                } else {
                    tokens.append(.one("["))
                }
            default: tokens.append(.one(scalars[index]))
            }
            index += 1
        }
        return tokens
    }

    /// `[abc]`, `[a-z]`, `[!a]` or `[^a]`, and where it ends; nil when it is not closed.
    private static func set(_ scalars: [Unicode.Scalar], from start: Int) -> (Token, end: Int)? {
        var index = start + 1
        let isNegated = index < scalars.count && (scalars[index] == "!" || scalars[index] == "^")
        if isNegated { index += 1 }
        guard let end = scalars[min(index + 1, scalars.count)...].firstIndex(of: "]") else { return nil }
        var ranges: [ClosedRange<Unicode.Scalar>] = []
        while index < end {
            let isRange = index + 2 < end && scalars[index + 1] == "-" && scalars[index] <= scalars[index + 2]
            ranges.append(scalars[index]...scalars[isRange ? index + 2 : index])
            index += isRange ? 3 : 1
        }
        return (.set(ranges, isNegated: isNegated), end)
    }

    private static func match(_ pattern: ArraySlice<[Token]>, _ parts: ArraySlice<[Unicode.Scalar]>) -> Bool {
        guard let first = pattern.first else { return parts.isEmpty }
        if first == [.anyRun, .anyRun] {
            if match(pattern.dropFirst(), parts) { return true }
            guard let part = parts.first, !isDots(part) else { return false }
            return match(pattern, parts.dropFirst())
        }
        guard let part = parts.first, matchPart(first, part) else { return false }
        return match(pattern.dropFirst(), parts.dropFirst())
    }

    private static func isDots(_ part: [Unicode.Scalar]) -> Bool { part == ["."] || part == [".", "."] }

    /// With one place to go back to: the last run of anything takes one character more.
    private static func matchPart(_ pattern: [Token], _ part: [Unicode.Scalar]) -> Bool {
        if isDots(part) { return pattern == part.map(Token.one) }
        var (token, position) = (0, 0)
        var run: (token: Int, position: Int)?
        while position < part.count {
            if token < pattern.count, pattern[token] == .anyRun {
                run = (token, position)
                token += 1
            } else if token < pattern.count, accepts(pattern[token], part[position]) {
                (token, position) = (token + 1, position + 1)
            } else if let last = run {
                run = (last.token, last.position + 1)
                (token, position) = (last.token + 1, last.position + 1)
            } else {
                return false
            }
        }
        return pattern[token...].allSatisfy { $0 == .anyRun }
    }

    private static func accepts(_ token: Token, _ scalar: Unicode.Scalar) -> Bool {
        switch token {
        case .one(let expected): expected == scalar
        case .anyOne, .anyRun: true
        case .set(let ranges, let isNegated): ranges.contains { $0.contains(scalar) } != isNegated
        }
    }
}
