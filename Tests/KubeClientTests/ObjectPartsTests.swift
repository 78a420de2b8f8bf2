import Testing

@testable import KubeClient

@Suite("Parts of objects")
struct ObjectPartsTests {
    @Test(
        "a uid comes back as it was written, whether it is a UUID or not",
        arguments: [
            "6fb0e809-94c9-4190-9ab5-9132f7bd9c8e", "00000000-0000-0000-0000-000000000000",
            "ffffffff-ffff-ffff-ffff-ffffffffffff", "6FB0E809-94C9-4190-9AB5-9132F7BD9C8E", "mirror-pod", "",
            "6fb0e809-94c9-4190-9ab5-9132f7bd9c8g", "6fb0e80994c9-4190-9ab5-9132f7bd9c8e-",
        ])
    func uidRoundTrip(text: String) {
        #expect(ObjectUID(text).description == text)
        #expect(ObjectUID(text) == ObjectUID(text))
    }

    @Test("uids that differ in one digit differ")
    func uidDifference() {
        let text = "6fb0e809-94c9-4190-9ab5-9132f7bd9c8e"
        for index in text.indices where text[index] != "-" {
            var other = text
            other.replaceSubrange(index...index, with: text[index] == "0" ? "1" : "0")
            #expect(ObjectUID(other) != ObjectUID(text))
        }
    }

    @Test("resource versions are ordered as numbers")
    func versionOrder() {
        let ordered: [ResourceVersion] = ["", "0", "7", "9", "10", "99", "100", "18446744073709551616"]
        #expect(ordered.shuffled().sorted() == ordered)
    }

    @Test("labels are found by key and equal whatever their order")
    func labels() {
        let labels: LabelSet = ["b": "2", "a": "1"]
        #expect(labels == LabelSet([("a", "1"), ("b", "2")]))
        #expect(labels == LabelSet(sorted: [("b", "2"), ("a", "1")]))
        #expect(labels["a"] == "1")
        #expect(labels["c"] == nil)
        #expect(labels.map(\.key) == ["a", "b"])
        #expect(LabelSet([("a", "1"), ("a", "2")])["a"] == "2")
    }

    @Test("an interner gives the first of equal values and forgets what is not used")
    func interner() {
        final class Box: Hashable {
            let value: Int
            init(_ value: Int) { self.value = value }
            static func == (left: Box, right: Box) -> Bool { left.value == right.value }
            func hash(into hasher: inout Hasher) { hasher.combine(value) }
        }
        var interner = Interner<Box>(capacity: 10)
        let first = interner(Box(0))
        for value in 1..<1000 {
            _ = interner(Box(value))
            #expect(interner(Box(0)) === first)
            #expect(interner.count <= 20)
        }
        let forgotten = interner(Box(5))
        for value in 1000..<1100 { _ = interner(Box(value)) }
        #expect(interner(Box(5)) !== forgotten)
    }
}
