package io.virtdataplane.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.logging.Level;
import org.openqa.selenium.Keys;
import org.openqa.selenium.OutputType;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;
import org.openqa.selenium.chrome.ChromeOptions;
import org.openqa.selenium.logging.LogType;
import org.openqa.selenium.logging.LoggingPreferences;

/**
 * The distribution's Chromium without a screen, used by keyboard only. Pictures of what {@link
 * #judge} saw are in target/console.
 */
final class Browser implements AutoCloseable {
    static final Keys ENTER = Keys.ENTER;
    static final Keys TAB = Keys.TAB;
    static final Keys LEFT = Keys.ARROW_LEFT;
    static final Keys DOWN = Keys.ARROW_DOWN;
    static final Keys RIGHT = Keys.ARROW_RIGHT;
    private static final int SECONDS = 20;
    private static final Path PICTURES = Path.of("target/console");
    private static final String[] THEMES = {"light", "dark"};
    private static final String AXE =
            resource("/axe.min.js")
                    + """
                    ; const done = arguments[arguments.length - 1];
                    const words = rule => [rule.id, ...rule.nodes.map(n => n.html + ' ' + n.failureSummary)].join(' ');
                    axe.run().then(found => done(found.violations.map(words)), e => done([String(e)]));
                    """;
    // Colours fade: what is between two themes is nobody's.
    private static final String SETTLE =
            """
            const [theme, done] = arguments;
            const dark = () => document.documentElement.classList.contains('pf-v6-theme-dark');
            const wait = () => {
              const moving = document.getAnimations().some(a => a.playState === 'running');
              if (dark() === (theme === 'dark') && !moving) done(); else setTimeout(wait, 20);
            };
            requestAnimationFrame(() => requestAnimationFrame(wait));
            """;
    private static final Map<String, Integer> PICTURES_BY_PAGE = new HashMap<>();

    private final ChromeDriver driver;
    private final String site;

    /**
     * @param address that the console printed
     */
    Browser(String address) {
        LoggingPreferences logged = new LoggingPreferences();
        logged.enable(LogType.BROWSER, Level.ALL);
        ChromeOptions options = new ChromeOptions();
        options.setCapability("goog:loggingPrefs", logged);
        options.setBinary("/usr/bin/chromium");
        options.addArguments(
                "--headless=new",
                "--no-sandbox", // it has none for root
                "--disable-gpu",
                "--disable-dev-shm-usage",
                "--window-size=1400,1000");
        if (address.startsWith("https:")) {
            options.addArguments("--ignore-certificate-errors"); // the test's own signs itself
        }
        driver =
                new ChromeDriver(
                        new ChromeDriverService.Builder()
                                .usingDriverExecutable(new File("/usr/bin/chromedriver"))
                                .usingAnyFreePort()
                                .build(),
                        options);
        site = address.replaceFirst("/(#token=.*)?$", "");
        driver.get(address);
    }

    Browser open(String page) {
        return ask(page).awaitPage(page);
    }

    /** Another page may come. */
    Browser ask(String page) {
        driver.get(site + "/#/" + page);
        return this;
    }

    /**
     * Opens the first page anew.
     *
     * @param isCold nothing is in the browser's cache
     * @return milliseconds from the request until its first answers are on the screen
     */
    long load(boolean isCold) {
        leave();
        if (isCold) {
            driver.executeCdpCommand("Network.clearBrowserCache", Map.of());
        }
        driver.get(site + "/");
        awaitPage("machines");
        return ((Number) script("return performance.getEntriesByName('shown').at(-1).startTime"))
                .longValue();
    }

    /** Its first answers are on the screen. */
    Browser awaitPage(String page) {
        Wait.until(
                "the page " + page,
                SECONDS,
                () ->
                        String.valueOf(
                                script("return document.getElementById('main').dataset.ready")),
                ready -> ready.equals("#/" + page));
        return this;
    }

    Browser await(String... texts) {
        Wait.until(
                String.join(", ", texts),
                SECONDS,
                this::text,
                seen -> List.of(texts).stream().allMatch(seen::contains));
        return this;
    }

    String text() {
        return String.valueOf(script("return document.body.innerText"));
    }

    /** Goes there by the Tab key, as somebody without a mouse must; back to the top at the end. */
    Browser focus(String id) {
        for (int i = 0; i < 100; i++) {
            if (focused().equals(id)) {
                return this;
            }
            press(TAB);
        }
        throw new AssertionError("no way to " + id + " by the Tab key");
    }

    String focused() {
        return String.valueOf(script("return document.activeElement.id"));
    }

    Browser press(Keys key) {
        driver.switchTo().activeElement().sendKeys(key);
        return this;
    }

    /** In place of what the field had. */
    Browser type(String text) {
        driver.switchTo().activeElement().sendKeys(Keys.chord(Keys.CONTROL, "a"), text);
        return this;
    }

    /** No rule of axe is broken, in light and in dark; makes a picture of each. */
    void judge() {
        for (String theme : THEMES) {
            driver.executeCdpCommand(
                    "Emulation.setEmulatedMedia",
                    Map.of(
                            "features",
                            List.of(Map.of("name", "prefers-color-scheme", "value", theme))));
            driver.executeAsyncScript(SETTLE, theme);
            picture(theme);
            assertThat(driver.executeAsyncScript(AXE))
                    .as(driver.getCurrentUrl() + " " + theme)
                    .isEqualTo(List.of());
        }
    }

    private void picture(String theme) {
        String page =
                driver.getCurrentUrl().replaceFirst(".*#/", "").replaceAll("%2F|[^a-z0-9-]", "-");
        String name = page + "-" + theme;
        int number = PICTURES_BY_PAGE.merge(name, 1, Integer::sum);
        try {
            Files.createDirectories(PICTURES);
            Files.write(
                    PICTURES.resolve(number == 1 ? name + ".png" : name + "-" + number + ".png"),
                    driver.getScreenshotAs(OutputType.BYTES));
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    /** True where a script of others has run that sets window.owned. */
    boolean isOwned() {
        return (Boolean) script("return 'owned' in window");
    }

    /** Opens an empty page. */
    void leave() {
        driver.get("about:blank");
    }

    /** Lines of the browser's own log, since the last call. */
    List<String> complaints() {
        return driver.manage().logs().get(LogType.BROWSER).getAll().stream()
                .map(entry -> entry.getLevel() + " " + entry.getMessage())
                .toList();
    }

    private static String resource(String name) {
        try (InputStream in = Browser.class.getResourceAsStream(name)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private Object script(String code) {
        return driver.executeScript(code);
    }

    @Override
    public void close() {
        driver.quit();
    }
}
