package io.virtdataplane.e2e;

import io.virtdataplane.cli.Main;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.PrintStream;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.charset.Charset;
import java.nio.file.Path;

/**
 * The command-line client as a process that goes on: runs one command after another, each as if it
 * had a process of its own. Its class path is the client's.
 *
 * <pre>
 *   in:   number of arguments (4), each: a string of {@link DataOutputStream#writeUTF}
 *   out:  exit code (4), length (4), what was printed, errors too
 * </pre>
 */
final class ClientLoop {
    private ClientLoop() {}

    /** The directory that it is in, with all tests. */
    static Path compiled() {
        try {
            URL location = ClientLoop.class.getProtectionDomain().getCodeSource().getLocation();
            return Path.of(location.toURI());
        } catch (URISyntaxException e) {
            throw new AssertionError(e);
        }
    }

    public static void main(String[] none) throws IOException {
        DataInputStream in = new DataInputStream(System.in);
        DataOutputStream out = new DataOutputStream(System.out);
        try {
            while (true) {
                String[] arguments = new String[in.readInt()];
                for (int i = 0; i < arguments.length; i++) {
                    arguments[i] = in.readUTF();
                }
                run(arguments, out);
            }
        } catch (EOFException e) {
            System.exit(0); // the tests have ended
        }
    }

    private static void run(String[] arguments, DataOutputStream to) throws IOException {
        ByteArrayOutputStream printed = new ByteArrayOutputStream();
        Charset charset = Charset.forName(System.getProperty("native.encoding"));
        PrintStream stream = new PrintStream(printed, true, charset);
        System.setOut(stream);
        System.setErr(stream);
        int code = Main.run(arguments);
        stream.flush();
        to.writeInt(code);
        to.writeInt(printed.size());
        printed.writeTo(to);
        to.flush();
    }
}
