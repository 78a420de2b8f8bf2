import Glibc

/// A reader of foreign bytes, with what must hold of it whatever the bytes are. It ends the process when that does not
/// hold, as an overrun would.
struct FuzzTarget: Sendable {
    /// Also the folder of its corpus.
    let name: String
    let run: @Sendable ([UInt8]) -> Void

    static let all = [
        list, watch, jsonList, jsonWatch, status, selector, kubeconfig, quantity, yaml, catalog, canonical, entityRef,
        cursor, mcp, token,
    ]
}

/// Ends the process when a property does not hold. Unlike `precondition` it says which one in an optimised build too.
func require(
    _ property: Bool, _ violation: @autoclosure () -> String = "a property does not hold", file: StaticString = #fileID,
    line: UInt = #line
) {
    if !property { fail(violation(), file: file, line: line) }
}

func fail(_ violation: String, file: StaticString = #fileID, line: UInt = #line) -> Never {
    let text = "\(file):\(line): \(violation)\n"
    _ = write(STDERR_FILENO, text, text.utf8.count)
    abort()
}
