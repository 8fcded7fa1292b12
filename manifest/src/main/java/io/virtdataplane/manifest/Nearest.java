package io.virtdataplane.manifest;

import java.util.Collection;
import java.util.Comparator;
import java.util.Locale;
import java.util.Optional;

/** The word that was meant where one is mistyped. */
final class Nearest {
    private static final int SHORTEST = 6; // of a beginning that says something

    private Nearest() {}

    /**
     * The nearest of the words, where it is a few letters away, or one is the beginning of the
     * other; case does not count.
     */
    static Optional<String> of(String word, Collection<String> words) {
        return words.stream()
                .filter(each -> isFew(distance(word, each), each) || isBeginning(word, each))
                .min(
                        Comparator.comparingInt((String each) -> distance(word, each))
                                .thenComparing(Comparator.naturalOrder()));
    }

    /** Whether the word is none of the others, but a few letters away from one. */
    static boolean isMistyped(String word, Collection<String> words) {
        return !words.contains(word)
                && words.stream().anyMatch(each -> isFew(distance(word, each), each));
    }

    private static boolean isFew(int letters, String word) {
        return letters <= Math.min(3, (word.length() + 1) / 3);
    }

    private static boolean isBeginning(String word, String other) {
        String a = word.toLowerCase(Locale.ROOT);
        String b = other.toLowerCase(Locale.ROOT);
        return Math.min(a.length(), b.length()) >= SHORTEST && (a.startsWith(b) || b.startsWith(a));
    }

    /** How many letters must be put in, taken out, changed or swapped with the next. */
    private static int distance(String from, String to) {
        String a = from.toLowerCase(Locale.ROOT);
        String b = to.toLowerCase(Locale.ROOT);
        int[][] least = new int[a.length() + 1][b.length() + 1];
        for (int i = 0; i <= a.length(); i++) {
            for (int k = 0; k <= b.length(); k++) {
                least[i][k] = i == 0 || k == 0 ? i + k : step(least, a, b, i, k);
            }
        }
        return least[a.length()][b.length()];
    }

    private static int step(int[][] least, String a, String b, int i, int k) {
        boolean isSame = a.charAt(i - 1) == b.charAt(k - 1);
        int change = least[i - 1][k - 1] + (isSame ? 0 : 1);
        int one = Math.min(change, 1 + Math.min(least[i - 1][k], least[i][k - 1]));
        boolean isSwap =
                i > 1
                        && k > 1
                        && a.charAt(i - 1) == b.charAt(k - 2)
                        && a.charAt(i - 2) == b.charAt(k - 1);
        return isSwap ? Math.min(one, 1 + least[i - 2][k - 2]) : one;
    }
}
