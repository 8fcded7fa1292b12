/**
 * SR-IOV: virtual functions made and bound by sysfs, their attributes by rtnetlink, and the
 * networks that use them. README.md has the list of files.
 */
package io.virtdataplane.sriov;
