/**
 * SR-IOV virtual functions by sysfs and vfio-pci. Empty until row R11 of the plan is worked on; the
 * module holds its place in the direction of imports.
 */
package io.virtdataplane.sriov;
