package io.virtdataplane.manifest;

import java.util.regex.Pattern;

/** Names that the kernel takes for a network device. */
final class DeviceName {
    private static final Pattern NAME = Pattern.compile("(?!\\.{1,2}$)[!-~&&[^/:]]{1,15}");

    private DeviceName() {}

    static String read(Fields fields, String field, String otherwise) {
        String name = fields.text(field, otherwise);
        if (!NAME.matcher(name).matches()) {
            throw fields.error(
                    field,
                    "must be a device name of 1-15 characters of ASCII without blank, slash or colon",
                    name);
        }
        return name;
    }
}
