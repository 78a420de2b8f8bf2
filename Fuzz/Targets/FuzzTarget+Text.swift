import Base
import Matching

extension FuzzTarget {
    /// A label selector: what was read prints as something that reads the same.
    static let selector = FuzzTarget(name: "selector") { input in
        let text = String(decoding: input, as: UTF8.self)
        do throws(LabelSelectorError) {
            let selector = try LabelSelector(parsing: text)
            let again = try LabelSelector(parsing: selector.description)
            require(again == selector, "\(selector) reads as \(again)")
            _ = selector.matches(["app": "web", "tier": "5"])
        } catch {
            require((1...text.utf8.count + 1).contains(error.column), "\(error)")
        }
    }

    /// YAML: what was read is the same after a detour through JSON text, and errors point into the text.
    static let yaml = FuzzTarget(name: "yaml") { input in
        let lines = input.count { $0 == 0x0A } + input.count { $0 == 0x0D } + 1
        for document in YAML.documents(input) {
            switch document {
            case .success(let node):
                let text = node.json.serialized()
                guard let again = try? JSONValue(parsing: text) else { fail("not JSON") }
                require(again.serialized() == text, "another value after JSON")
            case .failure(let error):
                require((0...lines + 1).contains(error.position.line), "\(error)")
            }
        }
    }
}
