internal import Glibc
internal import Synchronization

/// Another program that is run once to its end: bounded in time and output, in a process group of its own, with nothing
/// open but its three streams, and never left behind as a zombie. Its standard input is empty.
package struct Subprocess: Sendable {
    /// How a program ended.
    package enum Ending: Sendable, Equatable {
        case exited(status: Int32)
        case killed(signal: Int32)
    }

    /// What a program left.
    package struct Result: Sendable {
        package let ending: Ending
        package let output: [UInt8]
        /// The end of what it wrote to standard error, 4 KiB at most.
        package let errorOutput: [UInt8]
    }

    /// A path, or a name that is looked for in this process's `PATH`.
    package var executable: String
    /// Without the program's own name.
    package var arguments: [String]
    /// `NAME=value`; the whole environment of the program.
    package var environment: [String]
    /// After that the program and its group are killed.
    package var deadline: Duration
    /// A program that writes more than that to standard output is killed.
    package var maximumOutputBytes: Int

    package init(
        _ executable: String, arguments: [String] = [], environment: [String] = [], deadline: Duration,
        maximumOutputBytes: Int = 1 << 20
    ) {
        self.executable = executable
        self.arguments = arguments
        self.environment = environment
        self.deadline = deadline
        self.maximumOutputBytes = maximumOutputBytes
    }

    /// Runs the program on a thread of its own. Cancelling the task kills the program.
    ///
    /// - Throws: `SubprocessError`. A program that ends with another status than 0 is no error.
    package func run() async throws(SubprocessError) -> Result {
        let cancellation = Cancellation()
        let result = await withTaskCancellationHandler {
            await onOwnThread("subprocess") { () -> Swift.Result<Result, SubprocessError> in
                Swift.Result { () throws(SubprocessError) in
                    var child = try ChildProcess(self)
                    return try child.wait(isCancelled: { cancellation.isCancelled })
                }
            }
        } onCancel: {
            cancellation.cancel()
        }
        return try result.get()
    }

    /// The environment of this process, as `environment` takes it.
    package static var inheritedEnvironment: [String] {
        var variables: [String] = []
        var next = environ
        while let entry = next.pointee {
            variables.append(String(cString: entry))
            next += 1
        }
        return variables
    }

    private final class Cancellation: Sendable {
        private let flag = Atomic(false)
        var isCancelled: Bool { flag.load(ordering: .relaxed) }
        func cancel() { flag.store(true, ordering: .relaxed) }
    }
}
