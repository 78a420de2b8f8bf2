import Matching
import TestSupport
import Testing

/// The grammar as apimachinery's `labels.Parse` accepts and prints it.
struct LabelSelectorParsingTests {
    @Test(
        "a valid selector prints in canonical form, which parses to the same selector",
        arguments: [
            ("", ""), (" \t\r\n", ""),
            ("a", "a"), ("!a", "!a"), ("! a", "!a"), (" a ", "a"),
            ("a=b", "a=b"), ("a = b", "a=b"), ("a==b", "a==b"), ("a== b", "a==b"), ("a!=b", "a!=b"),
            ("a=", "a="), ("a==", "a=="), ("a!=", "a!="), ("a=,b", "a=,b"), ("a!=,b=", "a!=,b="),
            ("a in (b)", "a in (b)"), ("a in(b)", "a in (b)"), ("a\tin\r\n( b )", "a in (b)"),
            ("a in ()", "a in ()"), ("a in (,)", "a in ()"), ("a in ( )", "a in ()"),
            ("a in (b,)", "a in (,b)"), ("a in (,b)", "a in (,b)"), ("a in (b,,c)", "a in (,b,c)"),
            ("a in (,,b)", "a in (,b)"), ("a in (b,,,)", "a in (,b)"),
            ("a in (c,b,c)", "a in (b,c)"), ("a in (B,a,1,_)", nil),
            ("a notin (c,b)", "a notin (b,c)"), ("a notin ()", "a notin ()"),
            ("in in (in)", "in in (in)"), ("a=notin", "a=notin"), ("in", "in"), ("!notin", "!notin"),
            ("notin notin (notin,in)", "notin notin (in,notin)"), ("in=in", "in=in"),
            ("a in (in, notin)", "a in (in,notin)"),
            ("a>1", "a>1"), ("a<10", "a<10"), ("a > 1", "a>1"), ("a>007", "a>7"),
            ("a<9223372036854775807", "a<9223372036854775807"),
            ("b=1,a=2", "a=2,b=1"), ("b,!a", "!a,b"), ("a=b,a=c", "a=b,a=c"), ("a!=c,a!=b", "a!=b,a!=c"),
            ("A=B", "A=B"), ("b,A", "A,b"), ("a in (B,a)", "a in (B,a)"),
            ("example.com/a=b", "example.com/a=b"), ("example.com/A=b", "example.com/A=b"), ("1.2/3", "1.2/3"),
            ("a-b_c.d=x-Y_z.9", "a-b_c.d=x-Y_z.9"),
            ("x in (foo,,baz),y,z notin ()", "x in (,baz,foo),y,z notin ()"),
            ("a=b , c", "a=b,c"),
        ])
    func canonical(text: String, canonical: String?) throws {
        guard let canonical else {
            #expect(throws: LabelSelectorError.self) { try LabelSelector(parsing: text) }
            return
        }
        let selector = try LabelSelector(parsing: text)
        #expect(selector.description == canonical)
        #expect(try LabelSelector(parsing: canonical) == selector)
        #expect(selector.isEmpty == canonical.isEmpty)
    }

    @Test(
        "an invalid selector is refused with its column, what was found and what was expected",
        arguments: [
            ("a,", 3, "end of selector", LabelSelectorError.Code.syntax),
            (",a", 1, "','", .syntax), (",", 1, "','", .syntax), ("a,,b", 3, "','", .syntax),
            ("a b", 3, "'b'", .syntax), ("a=b c=d", 5, "'c'", .syntax),
            ("!a=b", 3, "'='", .syntax), ("!a in (b)", 4, "'in'", .syntax), ("!!a", 2, "'!'", .syntax),
            ("!", 2, "end of selector", .syntax), ("a !b", 3, "'!'", .syntax),
            ("a in b", 6, "'b'", .syntax), ("a in (b", 8, "end of selector", .syntax),
            ("a in (b)c", 9, "'c'", .syntax), ("a in (b c)", 9, "'c'", .syntax),
            ("a in (", 7, "end of selector", .syntax),
            ("a in", 5, "end of selector", .syntax), ("a in (b,,)", 10, "')'", .syntax),
            ("a in (,,)", 9, "')'", .syntax), ("a in (=)", 7, "'='", .syntax), ("a in ((b))", 7, "'('", .syntax),
            ("a>=4", 3, "'='", .notANumber), ("a>", 3, "end of selector", .notANumber),
            ("a<,b", 3, "','", .notANumber), ("a>b", 3, "'b'", .notANumber), ("a>1.5", 3, "'1.5'", .notANumber),
            ("a>-1", 3, "'-1'", .invalidValue), ("a>9223372036854775808", 3, "'9223372036854775808'", .notANumber),
            ("a===b", 4, "'='", .syntax), ("a=!b", 3, "'!'", .syntax), ("a=(b)", 3, "'('", .syntax),
            ("(a)", 1, "'('", .syntax),
            ("=a", 1, "'='", .syntax), ("a=\"b\"", 3, "'\"b\"'", .invalidValue),
            ("a in ('b')", 7, "''b''", .invalidValue), ("a=b\0", 4, "a NUL byte", .nulByte),
            ("\0", 1, "a NUL byte", .nulByte),
            ("Example.com/a", 1, "'Example.com/a'", .invalidKey), ("/a", 1, "'/a'", .invalidKey),
            ("a/", 1, "'a/'", .invalidKey), ("a/b/c", 1, "'a/b/c'", .invalidKey), ("-a", 1, "'-a'", .invalidKey),
            ("a.", 1, "'a.'", .invalidKey), ("a..b/c", 1, "'a..b/c'", .invalidKey), ("-a/c", 1, "'-a/c'", .invalidKey),
            ("a_b/c", 1, "'a_b/c'", .invalidKey), ("ä=b", 1, "'ä'", .invalidKey), ("a=ä", 3, "'ä'", .invalidValue),
            ("a=-b", 3, "'-b'", .invalidValue), ("a=b.", 3, "'b.'", .invalidValue),
            ("a=b/c", 3, "'b/c'", .invalidValue),
            ("ä\u{A0}", 1, "'ä\u{A0}'", .invalidKey), ("a=b,c=d,!", 10, "end of selector", .syntax),
        ])
    func invalid(text: String, column: Int, found: String, code: LabelSelectorError.Code) {
        let error = #expect(throws: LabelSelectorError.self) { try LabelSelector(parsing: text) }
        #expect(error?.column == column)
        #expect(error?.found == found)
        #expect(error?.code == code)
        #expect(error?.expected.isEmpty == false)
    }

    @Test("an error reads as a sentence with place, finding and expectation")
    func message() {
        let error = #expect(throws: LabelSelectorError.self) { try LabelSelector(parsing: "app=shop tier=web") }
        #expect(
            error?.description == "label selector, column 10: found 'tier', expected ',' or end of selector")
    }

    @Test("lengths are limited as in Kubernetes, and a single prefix part may have 253 bytes")
    func lengths() throws {
        func text(_ count: Int) -> String { String(repeating: "a", count: count) }
        _ = try LabelSelector(parsing: "\(text(63))=\(text(63))")
        _ = try LabelSelector(parsing: "\(text(253))/\(text(63))")
        for tooLong in ["\(text(64))", "a=\(text(64))", "\(text(254))/a", "a in (b,\(text(64)))"] {
            #expect(throws: LabelSelectorError.self) { try LabelSelector(parsing: tooLong) }
        }
    }

    @Test("no text makes the parser fail otherwise than with an error, and what it accepts prints canonically")
    func randomTexts() throws {
        let alphabet = Array("ab1-_./=!<>(),  \t\0ä") + ["in", "notin", "=="].flatMap { Array(" \($0) ") }
        var random = SeededRandom(seed: 1)
        var accepted = 0
        for _ in 0..<20_000 {
            let text = String(
                (0..<Int.random(in: 0...10, using: &random)).compactMap { _ in
                    alphabet.randomElement(using: &random)
                })
            guard let selector = try? LabelSelector(parsing: text) else { continue }
            accepted += 1
            let again = try LabelSelector(parsing: selector.description)
            #expect(again == selector && again.description == selector.description)
        }
        #expect(accepted > 500)
    }
}
