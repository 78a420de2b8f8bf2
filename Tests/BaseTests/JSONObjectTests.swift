import Base
import TestSupport
import Testing

@Suite("JSON objects")
struct JSONObjectTests {
    @Test("a thousand random changes agree with a list of pairs, below and above the size of the index")
    func model() {
        var random = SeededRandom(seed: 3)
        for size in [3, 12, 13, 40] {
            var object = JSONObject()
            var model: [(key: String, value: JSONValue)] = []
            for step in 0..<1_000 {
                let key = "k\(Int.random(in: 0..<size * 2, using: &random))"
                let index = model.firstIndex { $0.key == key }
                if model.count > size || Int.random(in: 0...3, using: &random) == 0 {
                    object[key] = nil
                    if let index { model.remove(at: index) }
                } else {
                    object[key] = .int(Int64(step))
                    if let index {
                        model[index].value = .int(Int64(step))
                    } else {
                        model.append((key, .int(Int64(step))))
                    }
                }
                #expect(object.keys == model.map(\.key))
                #expect(object.count == model.count && object.isEmpty == model.isEmpty)
                for number in 0..<size * 2 {
                    #expect(object["k\(number)"] == model.first { $0.key == "k\(number)" }?.value)
                }
            }
        }
    }

    @Test("a member set to JSON null is there, and one set to nil is not")
    func null() {
        var object: JSONObject = ["a": 1]
        object["a"] = .some(.null)
        #expect(object.count == 1 && object["a"] == .some(.null))
        object["a"] = nil
        #expect(object.isEmpty && object["a"] == nil)
    }

    @Test("objects are equal whatever their order, and unequal when a value or key differs")
    func equality() {
        let members = (0..<30).map { ("k\($0)", JSONValue.int($0)) }
        let one = JSONObject(members)
        let reversed = JSONObject(members.reversed())
        #expect(one == reversed && one.hashValue == reversed.hashValue)
        var other = one
        other["k7"] = 8
        #expect(one != other)
        other["k7"] = nil
        #expect(one != other)
        other["x"] = 7
        #expect(one != other && one.count == other.count)
    }

    @Test("a copy is a value of its own")
    func copies() {
        let one = JSONObject((0..<20).map { ("k\($0)", JSONValue.int($0)) })
        var other = one
        other["k0"] = nil
        other["k19"] = "changed"
        #expect(one["k0"] == 0 && one["k19"] == 19 && one.count == 20)
    }
}
