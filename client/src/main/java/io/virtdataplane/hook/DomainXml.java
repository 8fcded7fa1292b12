package io.virtdataplane.hook;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.xml.XMLConstants;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import javax.xml.transform.OutputKeys;
import javax.xml.transform.Transformer;
import javax.xml.transform.TransformerException;
import javax.xml.transform.TransformerFactory;
import javax.xml.transform.dom.DOMSource;
import javax.xml.transform.stream.StreamResult;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.Node;
import org.w3c.dom.NodeList;
import org.xml.sax.SAXException;

/**
 * Points a libvirt domain's interface at a tap that is there: type ethernet with an unmanaged
 * target. What virt-launcher has set already (model, driver, boot order) stays; a second time
 * changes nothing.
 */
final class DomainXml {
    private static final String ALIAS = "ua-"; // libvirt: a user's own alias
    private static final Pattern PCI_ADDRESS =
            Pattern.compile("([0-9a-fA-F]{4}):([0-9a-fA-F]{2}):([01][0-9a-fA-F])\\.([0-7])");
    private final Document document;

    private DomainXml(Document document) {
        this.document = document;
    }

    /**
     * A tap in the pod.
     *
     * @param mtu 0: not known
     * @param multiQueue it is opened by several descriptors, or not at all
     */
    record Tap(String name, int mtu, boolean multiQueue) {}

    static byte[] point(byte[] xml, Instance instance, Tap tap) {
        Optional<JsonNode> own = instance.ownInterface();
        if (own.isEmpty()) {
            return xml;
        }
        try {
            DomainXml domain = new DomainXml(parse(xml));
            domain.point(own.get(), instance, tap);
            return domain.bytes();
        } catch (IOException
                | SAXException
                | ParserConfigurationException
                | TransformerException e) {
            throw new IllegalArgumentException("domainXML must be XML: " + e.getMessage(), e);
        }
    }

    private static Document parse(byte[] xml)
            throws ParserConfigurationException, IOException, SAXException {
        DocumentBuilderFactory factory = DocumentBuilderFactory.newInstance();
        factory.setFeature("http://apache.org/xml/features/disallow-doctype-decl", true);
        factory.setFeature(XMLConstants.FEATURE_SECURE_PROCESSING, true);
        factory.setNamespaceAware(true);
        var builder = factory.newDocumentBuilder();
        builder.setErrorHandler(null); // nothing on standard error: the exception says it
        return builder.parse(new ByteArrayInputStream(xml));
    }

    private void point(JsonNode own, Instance instance, Tap tap) {
        Element nic = interfaceOf(own);
        nic.setAttribute("type", "ethernet");
        remove(nic, "source");
        remove(nic, "backend");
        Element target = child(nic, "target");
        target.setAttribute("dev", tap.name());
        target.setAttribute("managed", "no");
        String mac = own.path("macAddress").asText("").replace('-', ':');
        if (!mac.isEmpty()) {
            child(nic, "mac").setAttribute("address", mac);
        }
        Element model = child(nic, "model");
        if (!model.hasAttribute("type")) {
            model.setAttribute("type", instance.model());
        }
        if (tap.mtu() > 0) {
            child(nic, "mtu").setAttribute("size", Integer.toString(tap.mtu()));
        }
        queues(nic, model.getAttribute("type"), instance.queues(), tap);
    }

    /** A tap that was made for one descriptor takes no second one, and the other way round. */
    private void queues(Element nic, String model, int wanted, Tap tap) {
        Element driver = child(nic, "driver");
        boolean several = wanted > 1 && model.startsWith("virtio");
        if (several && tap.multiQueue() && !driver.hasAttribute("queues")) {
            driver.setAttribute("queues", Integer.toString(wanted));
        } else if (!several && tap.multiQueue()) {
            throw new IllegalArgumentException(
                    "tap must not have several queues for a machine with one: tap="
                            + tap.name()
                            + "; take multiQueue out of the network's configuration");
        } else if (!tap.multiQueue()) {
            driver.removeAttribute("queues");
        }
        if (!driver.hasAttributes() && !driver.hasChildNodes()) {
            nic.removeChild(driver);
        }
    }

    /** The one of that alias, or a new one. */
    private Element interfaceOf(JsonNode own) {
        String name = own.path("name").asText();
        Element devices = child(document.getDocumentElement(), "devices");
        NodeList all = devices.getElementsByTagName("interface");
        for (int i = 0; i < all.getLength(); i++) {
            Element each = (Element) all.item(i);
            Element alias = find(each, "alias");
            if (alias != null && alias.getAttribute("name").equals(ALIAS + name)) {
                return each;
            }
        }
        Element made = document.createElement("interface");
        devices.appendChild(made);
        child(made, "alias").setAttribute("name", ALIAS + name);
        describe(made, own);
        return made;
    }

    /** What virt-launcher says of an interface that it makes by itself. */
    private void describe(Element made, JsonNode own) {
        int order = own.path("bootOrder").asInt(0);
        if (order > 0) {
            child(made, "boot").setAttribute("order", Integer.toString(order));
        } else {
            child(made, "rom").setAttribute("enabled", "no"); // nothing is booted from it
        }
        String pci = own.path("pciAddress").asText("");
        if (!pci.isEmpty()) {
            Matcher parts = PCI_ADDRESS.matcher(pci);
            if (!parts.matches()) {
                throw new IllegalArgumentException(
                        "pciAddress must be such as 0000:81:01.0: interface="
                                + own.path("name").asText()
                                + " pciAddress="
                                + pci);
            }
            Element address = child(made, "address");
            address.setAttribute("type", "pci");
            String[] names = {"domain", "bus", "slot", "function"};
            for (int i = 0; i < names.length; i++) {
                address.setAttribute(names[i], "0x" + parts.group(i + 1));
            }
        }
        int acpiIndex = own.path("acpiIndex").asInt(0);
        if (acpiIndex > 0) {
            child(made, "acpi").setAttribute("index", Integer.toString(acpiIndex));
        }
        if (own.path("state").asText("").equals("down")) {
            child(made, "link").setAttribute("state", "down");
        }
    }

    private Element child(Element parent, String name) {
        Element found = find(parent, name);
        return found == null ? (Element) parent.appendChild(document.createElement(name)) : found;
    }

    private static Element find(Element parent, String name) {
        for (Node each = parent.getFirstChild(); each != null; each = each.getNextSibling()) {
            if (each instanceof Element element && element.getTagName().equals(name)) {
                return element;
            }
        }
        return null;
    }

    private static void remove(Element parent, String name) {
        Element found = find(parent, name);
        if (found != null) {
            parent.removeChild(found);
        }
    }

    private byte[] bytes() throws TransformerException {
        Transformer transformer = TransformerFactory.newInstance().newTransformer();
        transformer.setOutputProperty(OutputKeys.OMIT_XML_DECLARATION, "yes");
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        transformer.transform(new DOMSource(document), new StreamResult(out));
        return out.toByteArray();
    }
}
