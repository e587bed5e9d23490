# The manifest asks for something new.
sed -i 's|image: .*|image: registry.example/shop:v3|' shop.yaml
